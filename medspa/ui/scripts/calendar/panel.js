// The visit that was clicked, beside the calendar, with what can be done to it. Its forms work as they are; here
// their answers come into the panel.
import { askPart, tell } from "../asking.js";

const VISIT = /^\/calendar\/visits\/([0-9a-f-]{36})/;

export function panel(place, changed) {
  let shown = null;
  let asked = 0; // What was asked for last is what is shown, whichever answer comes last.
  const put = (html) => {
    place.innerHTML = html;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "plain close";
    close.textContent = "Close";
    close.addEventListener("click", () => {
      place.hidden = true;
      shown = null;
      asked += 1;
    });
    place.prepend(close);
    for (const one of place.querySelectorAll("[data-book]")) one.hidden = false;
    place.hidden = false;
  };
  const open = async (visit) => {
    shown = visit;
    const mine = ++asked;
    try {
      const { html } = await askPart(`/calendar/visits/${visit}`);
      if (mine !== asked) return;
      put(html);
      place.querySelector("h2").tabIndex = -1;
      place.querySelector("h2").focus();
    } catch (refused) {
      tell(refused.message, { bad: true });
    }
  };
  open.again = async () => {
    const busy = () => place.contains(document.activeElement) || place.querySelector("[data-editing]");
    if (!shown || busy()) return;
    const mine = asked;
    const { html } = await askPart(`/calendar/visits/${shown}`);
    if (mine === asked && shown && !busy()) put(html);
  };
  const into = async (path, form) => {
    const mine = ++asked;
    try {
      const { html, path: found } = await askPart(path, form);
      if (mine !== asked) return;
      // Another visit may be the answer: one of a series, or booked again.
      shown = VISIT.exec(found)?.[1] ?? shown;
      put(html);
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
