// What lies behind the visits of a day: shifts, buffers, processing, times that somebody holds. One list of
// backgrounds a column, where an element for each would be more than there are visits.
import { columnsOf, OVER } from "./drawn.js";

export const SLOT_MINUTES = 15;
export const SLOT_HEIGHT = 22;

export function drawBehind(place, feed, chosen, from) {
  const cells = place.querySelectorAll(".ec-body .ec-grid .ec-day");
  const columns = columnsOf(feed, chosen);
  if (cells.length !== columns.length) return;
  const pieces = new Map(columns.map((one) => [one.id, []]));
  const put = (what, id, starts, ends) => pieces.get(id)?.push(layer(what, minutes(starts, feed.day) - from, minutes(ends, feed.day) - from));
  for (const one of feed.blocks) {
    // A location that is closed is closed for every column.
    for (const id of one.subject_kind === "location" ? pieces.keys() : [one.subject_id]) put("blocked", id, one.starts_at, one.ends_at);
  }
  for (const one of feed.holds) put("held", one.subject_id, one.starts_at, one.ends_at);
  for (const one of feed.items) {
    if (one.hands_until !== one.ends_at && !OVER.has(one.status)) put("processing", one.provider_id, one.hands_until, one.ends_at);
  }
  for (const one of feed.buffers) put("buffer", one.subject_id, one.starts_at, one.ends_at);
  for (const one of feed.shifts) put("shift", one.subject_id, one.starts_at, one.ends_at);
  columns.forEach((one, at) => {
    cells[at].style.backgroundColor = one.kind === "provider" ? "" : "var(--card)";
    const layers = pieces.get(one.id);
    cells[at].style.backgroundImage = layers.map(([image]) => image).join();
    cells[at].style.backgroundPosition = layers.map(([, top]) => `0 ${top}px`).join();
    cells[at].style.backgroundSize = layers.map(([, , height]) => `100% ${height}px`).join();
    cells[at].style.backgroundRepeat = "no-repeat";
  });
}

function layer(what, from, until) {
  const high = (one) => (one / SLOT_MINUTES) * SLOT_HEIGHT;
  return [`var(--is-${what})`, high(from), Math.max(high(until - from), 1)];
}

// Minutes since the day's midnight; of other days, before 0 and after 1440.
function minutes(wall, day) {
  const off = Math.round((Date.parse(wall.slice(0, 10)) - Date.parse(day)) / 86400000) * 1440;
  return off + Number(wall.slice(11, 13)) * 60 + Number(wall.slice(14, 16));
}
