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
    if (shown && !place.contains(document.activeElement)) put(await askPart(`/calendar/visits/${shown}`));
  };
  place.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      put(await askPart(event.target.getAttribute("action"), event.target));
    } catch (refused) {
      tell(refused.message, { bad: true });
    }
    await changed();
  });
  return open;
}
