// The bar above pages: sheets close when one leaves them, and a chosen location is taken at once.
document.addEventListener("click", ({ target }) => {
  for (const open of document.querySelectorAll(".bar details[open]")) if (!open.contains(target)) open.open = false;
});
document.addEventListener("keydown", (event) => {
  const open = event.key === "Escape" && document.querySelector(".bar details[open]");
  if (!open) return;
  open.open = false;
  open.querySelector("summary").focus();
});
// On a phone the parts of an area are wider than the window: the one that is open is in sight.
document.querySelector(".parts [aria-current]")?.scrollIntoView({ inline: "center", block: "nearest" });
// A date that is typed changes with each digit: it is taken once it rests.
let soon = null;
document.addEventListener("change", ({ target }) => {
  clearTimeout(soon);
  const form = target.closest("[data-send-on-change]");
  if (form) soon = setTimeout(() => form.requestSubmit(), target.type === "date" ? 700 : 0);
});
