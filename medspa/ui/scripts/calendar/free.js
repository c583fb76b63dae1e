// Jumps to the next free time for a service, with whom or wherever the columns are narrowed to.
import { ask, tell } from "../asking.js";
import { clock } from "../clock.js";

export function nextFree(choice, set, chosen) {
  const fill = async () => {
    if (choice.options.length > 1) return;
    const { json } = await ask("/calendar/desk");
    for (const one of json.services) choice.add(new Option(one.name, one.id));
    choice.providers = new Set(json.providers.map((one) => one.id));
  };
  choice.addEventListener("focus", fill);
  choice.addEventListener("pointerdown", fill);
  choice.addEventListener("change", async () => {
    const service = choice.value;
    choice.value = "";
    if (!service) return;
    const { column } = chosen();
    const provider = choice.providers.has(column) ? `&provider_id=${column}` : "";
    try {
      const { json } = await ask(`/v1/availability/next?location_id=${set.location}&service_id=${service}&from=${set.day}${provider}`);
      if (!json.items.length) return tell("Nothing is free in the next half year.", { bad: true });
      const free = json.items[0].starts_at.slice(0, 16);
      const hash = new URLSearchParams({ free, service });
      location.assign(`/calendar?day=${free.slice(0, 10)}#${hash}`);
      if (free.slice(0, 10) === set.day) arrived();
    } catch (refused) {
      tell(refused.message, { bad: true });
    }
  });
  arrived();
}

function arrived() {
  const asked = new URLSearchParams(location.hash.slice(1));
  const free = asked.get("free");
  if (!free) return;
  history.replaceState(null, "", location.pathname + location.search);
  const act = () => document.dispatchEvent(new CustomEvent("book", { detail: { at: new Date(free), service: asked.get("service") } }));
  tell(`Free at ${clock(free)}.`, { choice: { words: "Book it", act } });
}
