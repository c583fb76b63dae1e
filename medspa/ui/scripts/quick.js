// Quick search by keyboard: / or Ctrl-K goes there, arrows go through what was found, Escape leaves.
const form = document.querySelector("[data-quick]");
const field = form?.querySelector("input[type=search]");

function typing(target) {
  return target.isContentEditable || /^(INPUT|SELECT|TEXTAREA)$/.test(target.tagName);
}

function wanted(event) {
  if ((event.ctrlKey || event.metaKey) && !event.altKey) return event.key.toLowerCase() === "k";
  return event.key === "/" && !event.altKey && !typing(event.target);
}

function go(step) {
  const stops = [field, ...form.querySelectorAll(".found a")];
  const at = stops.indexOf(document.activeElement);
  stops[(at + step + stops.length) % stops.length].focus();
}

if (form) {
  document.addEventListener("keydown", (event) => {
    if (!wanted(event)) return;
    event.preventDefault();
    field.focus();
    field.select();
  });
  form.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      event.preventDefault();
      go(step);
    } else if (event.key === "Escape") {
      form.querySelector(".found").replaceChildren();
      field.value = "";
      document.activeElement.blur();
    }
  });
}
