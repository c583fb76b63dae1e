// A wall-clock time such as 2026-03-02T14:30 as clocks are read where the page is about: 2:30 pm, or 14:30.
const TWELVE = document.documentElement.dataset.clock !== "24";

export function clock(wall) {
  const [hour, minute] = [Number(wall.slice(11, 13)), wall.slice(14, 16)];
  if (!TWELVE) return `${wall.slice(11, 13)}:${minute}`;
  return `${hour % 12 || 12}:${minute}\u00a0${hour < 12 ? "am" : "pm"}`;
}
