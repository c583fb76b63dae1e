// What the feed says, as the calendar draws it: columns, and visits by their state. What lies behind them is in
// behind.js.
import { clock } from "../clock.js";

export const OVER = new Set(["cancelled", "late_cancelled", "no_show", "arrived_not_treated", "left_before_service"]);
const FIXED = new Set(["completed", ...OVER]);
const MARKS = { do_not_treat: "Do not treat", deceased: "Deceased", vip: "VIP", minor: "Minor" };
const KINDS = new Set(["", "provider", "room"]);

export function columnsOf(feed, { column = "" }) {
  const wanted = {
    "": () => true,
    provider: (one) => one.kind === "provider",
    room: (one) => one.kind !== "provider",
  }[column] ?? ((one) => one.id === column);
  return feed.columns.filter(wanted).map((one) => ({
    id: one.id,
    title: one.name,
    kind: one.kind,
    extendedProps: { kind: one.kind },
  }));
}

export function eventsOf(feed, { column = "", status = "" }, set) {
  const shown = (one) => (status === "all" ? true : status ? one.status === status : !OVER.has(one.status));
  const seen = new Set(columnsOf(feed, { column }).map((one) => one.id));
  const drawn = [];
  for (const one of feed.items) {
    if (!shown(one)) continue;
    const used = one.resource_ids.filter((id) => seen.has(id));
    if (set.view === "week") {
      if (seen.has(one.provider_id) || (used.length && !KINDS.has(column))) drawn.push(visit(feed, one, one.id, [], one.ends_at, set));
      continue;
    }
    if (seen.has(one.provider_id)) drawn.push(visit(feed, one, one.id, [one.provider_id], one.hands_until, set));
    if (used.length) drawn.push(visit(feed, one, `${one.id}:used`, used, one.ends_at, set));
  }
  return set.view === "week" ? drawn : [...drawn, ...blocksOf(feed, seen)];
}

// Why nobody can be booked there, in words over its ground (behind.js). A location that is closed says so once.
function blocksOf(feed, seen) {
  const first = seen.values().next().value;
  return feed.blocks.flatMap((one) => {
    const id = one.subject_kind === "location" ? first : one.subject_id;
    if (!seen.has(id)) return [];
    const why = one.reason.replaceAll("_", " ");
    const words = one.subject_kind === "location" ? `Closed: ${why}` : why[0].toUpperCase() + why.slice(1);
    return [{ resourceIds: [id], start: one.starts_at, end: one.ends_at, display: "background", title: words }];
  });
}

function visit(feed, one, id, resourceIds, end, { view, mayWrite }) {
  const service = feed.services[one.service_id] ?? "";
  const who = one.client ?? "Booked";
  const marks = Object.keys(MARKS).filter((flag) => one.flags.includes(flag)).map((flag) => MARKS[flag]);
  // A week is drawn by days: whose visit it is stands in it.
  const by = view === "week" ? feed.columns.find((column) => column.id === one.provider_id)?.name : "";
  return {
    id,
    resourceIds,
    start: one.starts_at,
    end,
    title: `${who}\n${[service, by].filter(Boolean).join(" · ")}`,
    startEditable: mayWrite && !FIXED.has(one.status),
    durationEditable: mayWrite && !FIXED.has(one.status) && id === one.id && end === one.hands_until,
    classNames: ["visit", `is-${one.status}`, ...one.flags.map((flag) => `has-${flag}`)],
    extendedProps: {
      visit: one.appointment_id,
      item: one,
      mark: marks[0] ?? "",
      label: `${who}, ${service}, ${clock(one.starts_at)} to ${clock(one.ends_at)}, ${[one.status.replaceAll("_", " "), ...marks].join(", ")}`,
    },
  };
}

// From the first to the last hour in which anything is; the working day where nothing is.
export function hours(feed) {
  const spans = [...feed.shifts, ...feed.items];
  const first = Math.min(8, ...spans.map((one) => Number(one.starts_at.slice(11, 13))));
  const last = Math.max(18, ...spans.map((one) =>
    one.ends_at.slice(0, 10) > one.starts_at.slice(0, 10) ? 24 : Number(one.ends_at.slice(11, 13)) + 1));
  const two = (hour) => `${String(hour).padStart(2, "0")}:00`;
  const today = feed.now.slice(0, 10) === feed.day;
  return {
    slotMinTime: two(first),
    slotMaxTime: two(Math.min(24, last)),
    scrollTime: today ? two(Math.max(first, Number(feed.now.slice(11, 13)) - 1)) : two(first),
  };
}
