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
document.addEventListener("change", ({ target }) => target.closest("[data-send-on-change]")?.requestSubmit());
