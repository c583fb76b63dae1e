// The calendar's own part of a page. It is drawn where a page has an element `data-calendar`, and by nothing else.
import { createCalendar, DayGrid, Interaction, ResourceTimeGrid, TimeGrid } from "@event-calendar/core";
import "@event-calendar/core/index.css";

const plugins = [DayGrid, Interaction, ResourceTimeGrid, TimeGrid];
for (const place of document.querySelectorAll("[data-calendar]")) {
  createCalendar(place, plugins, JSON.parse(place.dataset.calendar));
}
