// What came of something, said for a moment above the page's lower edge, and to screen readers.
const STAYS_MS = 7000;

const leave = (toast) => setTimeout(() => toast.remove(), STAYS_MS);

export function toast(words) {
  const shown = document.createElement("p");
  shown.className = "toast";
  shown.setAttribute("role", "status");
  document.body.append(shown);
  shown.textContent = words; // after it stands there, so that it is read out
  leave(shown);
}

for (const sent of document.querySelectorAll("[data-toast]")) leave(sent);
