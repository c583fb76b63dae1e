// The visit that was clicked, beside the calendar, with what can be done to it. Its forms work as they are; here
// their answers come into the panel.
import { askPart, tell } from "../asking.js";

export function panel(place, changed) {
  let shown = null;
  const put = (html) => {
    place.innerHTML = html;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "plain close";
    close.textContent = "Close";
    close.addEventListener("click", () => {
      place.hidden = true;
      shown = null;
    });
    place.prepend(close);
    for (const one of place.querySelectorAll("[data-book]")) one.hidden = false;
    place.hidden = false;
  };
  const open = async (visit) => {
    shown = visit;
    try {
      put(await askPart(`/calendar/visits/${visit}`));
      place.querySelector("h2").tabIndex = -1;
      place.querySelector("h2").focus();
    } catch (refused) {
      tell(refused.message, { bad: true });
    }
  };
  open.again = async () => {
    const busy = place.contains(document.activeElement) || place.querySelector("[data-editing]");
    if (shown && !busy) put(await askPart(`/calendar/visits/${shown}`));
  };
  const into = async (path, form) => {
    try {
      put(await askPart(path, form));
      place.scrollTop = 0; // what was refused stands at the top
    } catch (refused) {
      tell(refused.message, { bad: true });
    }
  };
  // A link to another part of the visit stays in the panel.
  place.addEventListener("click", async (event) => {
    const link = event.target.closest("a[data-part]");
    if (!link || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    await into(link.getAttribute("href"));
  });
  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    const form = event.target;
    const path = form.getAttribute("action");
    if (form.method === "get") return into(`${path}?${new URLSearchParams(new FormData(form))}`);
    await into(path, form);
    await changed();
  });
  return open;
}
