// A desk that nobody touches is locked, as its session ends on the server: what stands on the screen goes too.
// All tabs of the browser count as one desk.
const KEY = "medspa-touched";
const LOOK_EVERY_MS = 15_000;
const lock = document.querySelector("form[data-lock]");
const limit = Number(lock?.dataset.lock) * 60_000;

let noted = 0;
function touched() {
  const now = Date.now();
  if (now - noted < 1_000) return;
  noted = now;
  localStorage.setItem(KEY, String(now));
}

if (limit > 0) {
  touched();
  for (const sign of ["pointerdown", "pointermove", "keydown", "wheel", "touchstart"])
    document.addEventListener(sign, touched, { passive: true, capture: true });
  const looking = setInterval(() => {
    if (Date.now() - Number(localStorage.getItem(KEY) ?? 0) < limit) return;
    clearInterval(looking);
    lock.submit();
  }, LOOK_EVERY_MS);
}
