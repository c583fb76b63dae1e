// When a visit may be: free times from a day on, with anybody or with one provider. What is chosen beforehand is of
// the day that was asked for, or nothing is: a time of another day is taken by hand.
import { ask } from "../asking.js";
import { clock } from "../clock.js";
import { wall } from "../wall.js";

const DAYS = 14;
const SHOWN = 12;
const ANY_DAY = "";

export class When {
  constructor(place, desk, given, changed) {
    this.one = (selector) => place.querySelector(selector);
    this.desk = desk;
    this.given = given;
    this.changed = changed;
    this.turn = 0;
    const asked = given.at ? wall(given.at) : given.again ? "" : shownDay();
    this.only = asked.slice(0, 10) >= desk.today ? asked.slice(0, 10) : ANY_DAY;
    this.from = this.only ? asked : desk.today;
    this.day = this.one("#b-day");
    this.day.min = desk.today;
    this.day.value = this.from.slice(0, 10);
    this.with = this.one("#b-with");
    for (const one of desk.providers) this.with.add(new Option(one.name, one.id, false, one.id === given.column));
    this.day.addEventListener("change", () => this.begin(this.day.value || desk.today, this.day.value));
    this.with.addEventListener("change", () => this.begin(this.from, this.only));
    this.one("[data-later]").addEventListener("click", () => {
      this.day.value = this.next.slice(0, 10);
      this.begin(this.next, null);
    });
    this.one(".slots").addEventListener("change", changed);
  }

  get chosen() {
    return this.one(".slots input:checked");
  }

  focus() {
    this.one(".slots input")?.focus();
  }

  // Another day or provider than a visit had is no longer that visit again.
  begin(from, only) {
    this.from = from;
    this.only = only;
    this.given.again = null;
    return this.show(this.client, this.service);
  }

  // The time was taken meanwhile: what is free now, and nothing chosen.
  taken() {
    this.only = null;
    return this.show(this.client, this.service);
  }

  async show(client, service) {
    Object.assign(this, { client, service });
    const turn = ++this.turn;
    const place = this.one(".slots");
    const said = this.one(".when .hint");
    this.one(".when").hidden = false;
    try {
      const until = plus(this.from, DAYS);
      const found = (await this.again()) ?? (await this.free(until));
      if (turn !== this.turn) return;
      const slots = found.slice(0, SHOWN);
      this.next = found[SHOWN]?.starts_at.slice(0, 16) ?? plus(until, 1);
      place.replaceChildren(...slots.map((one, at) => this.slot(one, at)));
      const elsewhere = this.only && slots.length && slots[0].starts_at.slice(0, 10) !== this.only;
      said.textContent = elsewhere ? `Nothing is free on ${words(this.from)}. These are the next times.` : "";
      if (!slots.length) said.textContent = `Nothing is free until ${words(until)}.`;
    } catch (refused) {
      if (turn !== this.turn) return;
      place.replaceChildren();
      said.textContent = refused.message;
    }
    this.changed();
  }

  async free(until) {
    const asked = { location_id: this.desk.location_id, service_id: this.service, from: this.from.slice(0, 10), to: until, limit: 200 };
    if (this.with.value) asked.provider_id = this.with.value;
    if (this.client?.id) asked.client_id = this.client.id;
    const { json } = await ask(`/v1/availability?${new URLSearchParams(asked)}`);
    return json.items.filter((one) => one.starts_at.slice(0, 16) >= this.from);
  }

  // After a visit: when it would be due again, as near to its weekday and hour as is free.
  async again() {
    const { again, service } = this.given;
    if (!again || service !== this.service) return null;
    try {
      const { json } = await ask(`/v1/appointments/${again}/rebook`);
      return json.items[0]?.slots.length ? json.items[0].slots : null;
    } catch {
      return null; // nothing of the visit has a cycle: the next free times, then
    }
  }

  slot(one, at) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    const checked = at === 0 && (this.only === ANY_DAY || one.starts_at.slice(0, 10) === this.only);
    Object.assign(input, { type: "radio", name: "slot", value: one.starts_at, checked });
    input.dataset.words = `${words(one.starts_at)}, ${clock(one.starts_at)}`;
    input.dataset.provider = one.provider_ids[0] ?? "";
    input.dataset.who = this.desk.providers.find(({ id }) => id === one.provider_ids[0])?.name ?? "";
    const text = document.createElement("span");
    text.textContent = input.dataset.words;
    if (!this.with.value && input.dataset.who) {
      const who = document.createElement("span");
      who.className = "quiet";
      who.textContent = input.dataset.who;
      text.append(who);
    }
    label.append(input, text);
    return label;
  }
}

const plus = (from, days) => new Date(Date.parse(from.slice(0, 10)) + days * 86400000).toISOString().slice(0, 10);
const words = (at) =>
  new Date(at.slice(0, 10)).toLocaleDateString(undefined, { timeZone: "UTC", weekday: "short", day: "numeric", month: "short" });

// The day of the calendar that is on the page, if there is one.
function shownDay() {
  const calendar = document.querySelector("[data-calendar]");
  return (calendar && JSON.parse(calendar.dataset.calendar).day) || "";
}
