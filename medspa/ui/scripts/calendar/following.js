// Hears from the server that something changed. Nothing is heard while nobody looks or touches anything: a page
// that is left alone must not keep its session alive, nor a connection.
const LEFT_ALONE = 14 * 60 * 1000;

export function follow(path, changed) {
  let source = null;
  let alone = null;
  const stop = () => {
    source?.close();
    source = null;
  };
  const start = () => {
    if (source || document.hidden) return;
    source = new EventSource(path);
    // Whatever was missed before the stream stood is asked for once it does.
    source.addEventListener("ready", changed);
    source.addEventListener("changed", changed);
    source.addEventListener("error", () => {
      // The browser comes back by itself, but not after an answer that is no stream.
      if (source?.readyState === EventSource.CLOSED) {
        stop();
        setTimeout(start, 15000);
      }
    });
  };
  const touched = () => {
    clearTimeout(alone);
    alone = setTimeout(stop, LEFT_ALONE);
    start();
  };
  document.addEventListener("visibilitychange", () => (document.hidden ? stop() : touched()));
  for (const kind of ["pointerdown", "keydown"]) document.addEventListener(kind, touched, { passive: true });
  addEventListener("pagehide", stop);
  touched();
}
