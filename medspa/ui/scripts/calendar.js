// The calendar of a location: draws what the page brought, follows what others change, moves what is dragged.
// It is drawn where a page has an element `data-calendar`, and by nothing else.
import { createCalendar, DayGrid, Interaction, ResourceTimeGrid, TimeGrid } from "@event-calendar/core";
import "@event-calendar/core/index.css";
import "./calendar.css";
import { ask, tell } from "./asking.js";
import { drawBehind, SLOT_HEIGHT, SLOT_MINUTES } from "./calendar/behind.js";
import { columnsOf, eventsOf, hours } from "./calendar/drawn.js";
import { nextFree } from "./calendar/free.js";
import { clock } from "./clock.js";
import { follow } from "./calendar/following.js";
import { mover } from "./calendar/moving.js";
import { panel } from "./calendar/panel.js";
import { wall } from "./wall.js";

const MANY = 16;
const NARROWEST = 144;
const NARROWEST_DAY = 112;
const FILTERS = "medspa-filters";
const plugins = [DayGrid, Interaction, ResourceTimeGrid, TimeGrid];

for (const place of document.querySelectorAll("[data-calendar]")) {
  const set = JSON.parse(place.dataset.calendar);
  const brought = document.querySelector("#calendar-feed");
  if (brought) begin(place, set, JSON.parse(brought.textContent));
  else createCalendar(place, plugins, set);
}

// Who and what of a visit; the time stands in front, where there is room for one line.
function inside(event) {
  if (event.display === "background") return [document.createTextNode(event.title)];
  const who = document.createElement("strong");
  who.textContent = event.title.split("\n")[0];
  if (event.extendedProps.mark) {
    const mark = document.createElement("em");
    mark.textContent = event.extendedProps.mark;
    who.prepend(mark, " ");
  }
  const rest = document.createElement("span");
  rest.textContent = `${clock(wall(event.start))} ${event.title.split("\n")[1]}`;
  return [who, rest];
}

// Whose column it is; who plans the shifts marks somebody absent from there.
function head(resource, set, day) {
  const name = document.createElement("span");
  name.textContent = resource.title;
  if (!set.mayPlan || resource.extendedProps.kind !== "provider") return [name];
  const away = document.createElement("a");
  away.className = "away";
  away.href = `/calendar/time-off/absent?staff=${resource.id}&day=${day}`;
  away.textContent = "Absent?";
  away.setAttribute("aria-label", `Mark ${resource.title} absent`);
  return [name, " ", away];
}

// The calendar calls itself a table, which it is not: visits lie over its cells, not within them.
function plain(place) {
  // It scrolls, so it can be reached.
  place.querySelector(".ec-main").tabIndex = 0;
  for (const role of ["table", "row", "rowgroup", "columnheader", "cell"]) {
    for (const one of place.querySelectorAll(`[role="${role}"]`)) {
      one.removeAttribute("role");
      one.removeAttribute("aria-colindex");
    }
  }
}

// Whose columns and which states are shown stays so from day to day, in this tab.
function keepFilters(filters) {
  const kept = JSON.parse(sessionStorage.getItem(FILTERS) ?? "{}");
  for (const one of filters.querySelectorAll("[data-filter]")) {
    const { filter } = one.dataset;
    // Who does not work on this day has no column, and is chosen again on the next one.
    if ([...one.options].some(({ value }) => value === kept[filter])) one.value = kept[filter];
    one.addEventListener("change", () => {
      kept[filter] = one.value;
      sessionStorage.setItem(FILTERS, JSON.stringify(kept));
    });
  }
}

function begin(place, set, feed) {
  const filters = document.querySelector("[data-filters]");
  const chosen = () =>
    Object.fromEntries([...filters.querySelectorAll("[data-filter]")].map((one) => [one.dataset.filter, one.value]));
  // So many columns are looked at by kind, until somebody asks for all.
  if (feed.columns.length > MANY) filters.querySelector("[data-filter=column]").value = "provider";
  keepFilters(filters);
  let etag = set.etag;
  const shownHours = hours(feed);
  const open = panel(document.querySelector("#visit"), refresh);
  const moved = mover(set, () => feed, refresh);
  // What is in sight comes first: a day of forty columns is more than a screen shows.
  const all = eventsOf(feed, chosen(), set);
  const near = new Set(columnsOf(feed, chosen()).slice(0, Math.ceil(innerWidth / NARROWEST) + 1).map((one) => one.id));
  const first = all.length > MANY && set.view === "day" ? all.filter((one) => near.has(one.resourceIds[0])) : all;
  const calendar = createCalendar(place, plugins, {
    ...shownHours,
    view: set.view === "week" ? "timeGridWeek" : "resourceTimeGridDay",
    date: feed.day,
    timeZone: set.offset,
    headerToolbar: { start: "", center: "", end: "" },
    dayHeaderFormat: { weekday: "short", day: "numeric", month: "short" },
    firstDay: 1,
    allDaySlot: false,
    nowIndicator: true,
    slotDuration: `00:${SLOT_MINUTES}`,
    snapDuration: "00:05",
    slotLabelInterval: "01:00",
    slotHeight: SLOT_HEIGHT,
    columnWidth: `minmax(${set.view === "week" ? NARROWEST_DAY : NARROWEST}px, 1fr)`,
    height: "100%",
    editable: set.mayWrite,
    eventDurationEditable: set.mayWrite,
    eventResize: moved,
    pointer: true,
    resources: columnsOf(feed, chosen()),
    events: first,
    slotLabelFormat: (at) => clock(wall(at)),
    resourceLabelContent: ({ resource }) => ({ domNodes: head(resource, set, feed.day) }),
    eventContent: ({ event }) => ({ domNodes: inside(event) }),
    eventDidMount: ({ el, event }) => {
      // An article may not be called a button; it is reached and opened by the keyboard all the same.
      el.removeAttribute("role");
      if (event.extendedProps.label) el.setAttribute("aria-label", event.extendedProps.label);
    },
    eventClick: ({ event }) => event.extendedProps.visit && open(event.extendedProps.visit),
    eventDrop: moved,
    dateClick: ({ date, resource }) =>
      set.mayWrite && document.dispatchEvent(new CustomEvent("book", { detail: { at: date, column: resource?.id } })),
  });

  plain(place);
  requestAnimationFrame(() => {
    performance.mark("calendar-seen");
    setTimeout(() => {
      if (first !== all) calendar.setOption("events", all);
      performance.mark("calendar-drawn");
    });
  });
  const behind = () =>
    set.view === "day" && requestAnimationFrame(() => drawBehind(place, feed, chosen(), Number(shownHours.slotMinTime.slice(0, 2)) * 60));
  behind();

  const without = () => {
    document.querySelector("[data-without-shifts]")?.toggleAttribute("hidden", feed.shifts.length > 0);
    document.querySelector("[data-without-rooms]")?.toggleAttribute("hidden", chosen().column !== "room");
  };
  without();

  function draw() {
    without();
    calendar.setOption("resources", columnsOf(feed, chosen()));
    calendar.setOption("events", eventsOf(feed, chosen(), set));
    behind();
    requestAnimationFrame(() => plain(place));
  }

  async function refresh() {
    const path = `/v1/calendar?location_id=${set.location}&day=${set.day}&days=${set.days}`;
    const { json, status, etag: now } = await ask(path, { headers: { "If-None-Match": etag } });
    if (status === 304) return;
    feed = json;
    etag = now;
    draw();
    open.again();
  }

  filters.hidden = false;
  const free = filters.querySelector("[data-next-free]");
  if (free) nextFree(free, set, chosen);
  filters.addEventListener("change", ({ target }) => target.dataset.filter && draw());
  document.addEventListener("booked", () => refresh());
  follow("/calendar/changes", () => refresh().catch(() => tell("The calendar could not be brought up to date.", { bad: true })));
  document.addEventListener("keydown", ({ key, target, ctrlKey, metaKey, altKey }) => {
    if (ctrlKey || metaKey || altKey || target.closest("input, select, textarea, dialog, [contenteditable]")) return;
    document.querySelector(`.calendar-bar [data-key="${key}"]`)?.click();
  });
}
