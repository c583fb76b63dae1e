// A part of a page that follows what others do: an element `data-live` is fetched again from the address it names,
// and each minute, for what it says of the time that passes. What somebody is in the middle of is left as it is.
import { askPart } from "./asking.js";
import { follow } from "./calendar/following.js";

for (const place of document.querySelectorAll("[data-live]")) {
  const again = async () => {
    if (place.contains(document.activeElement)) return;
    const { html } = await askPart(place.dataset.live);
    if (!place.contains(document.activeElement)) place.innerHTML = html;
  };
  follow("/calendar/changes", () => again().catch(() => {}));
  setInterval(() => document.hidden || again().catch(() => {}), 60_000);
}
