// A visit that was dragged or drawn longer is moved by the API, under its ETag. What is refused goes back at once, with the reason
// in words, and with the way to squeeze it in for who may.
import { ask, tell, worded } from "../asking.js";
import { clock } from "../clock.js";
import { wall } from "../wall.js";
import { inTheWay } from "./why.js";

export function mover(set, feedOf, refresh) {
  return async function moved({ event, oldEvent, newResource, oldResource, revert }) {
    const item = event.extendedProps.item;
    const change = { item_id: item.id };
    if (+event.start !== +oldEvent.start) change.starts_at = `${wall(event.start)}:00`;
    const minutes = (one) => Math.round((one.end - one.start) / 60000);
    if (minutes(event) !== minutes(oldEvent)) {
      if (event.id.endsWith(":used")) {
        revert();
        return tell("How long a visit takes is changed in the provider's column.", { bad: true });
      }
      change.minutes = minutes(event);
    }
    if (newResource && newResource.id !== oldResource?.id) {
      const wrong = place(feedOf(), item, change, oldResource?.id, newResource.id);
      if (wrong) {
        revert();
        return tell(wrong, { bad: true });
      }
    }
    await send(set, item, { items: [change] }, revert, refresh, feedOf);
  };
}

// What was done, as it is said.
function said(item, change) {
  if (change.minutes && !change.starts_at) return `It takes ${change.minutes} minutes now.`;
  return change.starts_at ? `Moved to ${clock(change.starts_at)}.` : "Moved.";
}

// Puts the new column into the change; what cannot be is said.
function place(feed, item, change, from, to) {
  const kind = (id) => feed.columns.find((one) => one.id === id)?.kind;
  if (kind(to) !== kind(from)) return "A provider's time cannot be put into a room's column, nor a room's into a provider's.";
  if (kind(to) === "provider") change.provider_id = to;
  else change.resource_ids = item.resource_ids.map((one) => (one === from ? to : one));
  return null;
}

async function send(set, item, body, revert, refresh, feedOf) {
  try {
    const { json, etag } = await ask(`/v1/appointments/${item.appointment_id}`, {
      method: "PATCH",
      body: { by: "practice", ...body },
      headers: { "If-Match": `"${item.version}"` },
    });
    const undo = () => ask(`/v1/appointments/${json.id}/undo`, { method: "POST", headers: { "If-Match": etag } })
      .catch((refused) => tell(worded(refused), { bad: true }))
      .finally(refresh);
    tell(said(item, body.items[0]), { choice: { words: "Undo", act: undo } });
  } catch (refused) {
    revert();
    const stale = refused.status === 412;
    const rules = refused.problem?.rules;
    const choice = rules && set.mayOverride
      ? { words: "Squeeze it in", act: () => send(set, item, { ...body, overrides: rules }, () => {}, refresh, feedOf) }
      : undefined;
    // What was changed meanwhile by others is in the way as well, and is shown from here on.
    await refresh().catch(() => {});
    const why = refused.problem?.type?.endsWith("slot-taken") && inTheWay(feedOf(), item, body.items[0]);
    if (why) return tell(`${refused.problem.title}: ${why}.`, { bad: true });
    return tell(stale ? "Somebody changed this visit a moment ago. Look at it again, then move it." : worded(refused), { bad: true, choice });
  }
  await refresh();
}
