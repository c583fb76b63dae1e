// What stands in the way of a visit that was dragged onto taken time: whose visit, by whom or where, as the calendar
// shows it. Nothing where the feed does not know it, as with somebody's visits at another location.
import { clock } from "../clock.js";
import { OVER } from "./drawn.js";

export function inTheWay(feed, item, change) {
  const name = new Map(feed.columns.map((one) => [one.id, one.name]));
  const starts = change.starts_at ?? item.starts_at;
  const provider = change.provider_id ?? item.provider_id;
  const rooms = change.resource_ids ?? item.resource_ids;
  const before = minutes(item.starts_at, item.hands_until);
  const now = change.minutes ?? before;
  const hands = plus(starts, now);
  const ends = plus(starts, minutes(item.starts_at, item.ends_at) + now - before);
  const found = [];
  for (const one of feed.items) {
    if (one.appointment_id === item.appointment_id || OVER.has(one.status)) continue;
    const who = `${one.client ?? "another visit"}, ${clock(one.starts_at)} to`;
    if (one.provider_id === provider && over(starts, hands, one.starts_at, one.hands_until)) found.push(`${name.get(provider)} has ${who} ${clock(one.hands_until)}`);
    for (const id of one.resource_ids) {
      if (rooms.includes(id) && over(starts, ends, one.starts_at, one.ends_at)) found.push(`${name.get(id)} has ${who} ${clock(one.ends_at)}`);
    }
  }
  for (const one of feed.holds) {
    const until = one.subject_id === provider ? hands : ends;
    if ([provider, ...rooms].includes(one.subject_id) && over(starts, until, one.starts_at, one.ends_at)) found.push(`${name.get(one.subject_id)} is kept for somebody who is booking, until ${clock(one.expires_at)}`);
  }
  return found.slice(0, 2).join("; ");
}

// Walls of one place: of a day whose clock changes they are off by its hour, which only shortens what is said.
const at = (wall) => Date.parse(`${wall.slice(0, 16)}Z`);
const minutes = (from, until) => Math.round((at(until) - at(from)) / 60000);
const plus = (wall, many) => new Date(at(wall) + many * 60000).toISOString().slice(0, 16);
const over = (from, until, start, end) => at(from) < at(end) && at(start) < at(until);
