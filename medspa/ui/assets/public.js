// How long a time is still kept, counted on a public page. The server's clock counts: the page says what it was.
for (const kept of document.querySelectorAll("[data-until]")) {
  const left = kept.querySelector("[data-left]");
  const until = Date.parse(kept.dataset.until) - Date.parse(kept.dataset.now) + performance.now();
  const count = () => {
    const seconds = Math.max(0, Math.round((until - performance.now()) / 1000));
    left.textContent = `, ${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")} left`;
    if (seconds > 0) return;
    clearInterval(timer);
    kept.hidden = true;
    kept.nextElementSibling.hidden = false;
  };
  // Read out once, not every second.
  left.setAttribute("aria-hidden", "true");
  const timer = setInterval(count, 1000);
  count();
}
