// Booking from any page: who, what, when, with the keyboard alone. Everything is asked of the API and booked there;
// the words of a refusal are shown as they come.
import { ask, tell, worded } from "./asking.js";
import { When } from "./booking/when.js";
import { token } from "./csrf.js";

const REFUSING = ["do_not_treat", "deceased"];
let dialog = null;
let left = null; // A form that was left by Escape: what was typed into it is there the next time.

document.addEventListener("keydown", (event) => {
  if (event.key !== "b" || event.ctrlKey || event.metaKey || event.altKey || !token()) return;
  if (event.target.closest("input, select, textarea, dialog, [contenteditable]")) return;
  event.preventDefault();
  book({});
});
document.addEventListener("click", (event) => {
  const asked = event.target.closest("[data-book]");
  if (!asked) return;
  event.preventDefault();
  const { client, name, flags, service, visit } = asked.dataset;
  book({ client: client && { id: client, name, flags: flags?.split(" ") }, service, again: visit });
});
document.addEventListener("book", ({ detail }) => book(detail));

async function book(given) {
  if (dialog?.open) return;
  if (left && !Object.values(given).some(Boolean)) {
    dialog.showModal();
    return left.again();
  }
  let desk;
  try {
    desk = (await ask("/calendar/desk")).json;
  } catch (refused) {
    return tell(refused.message, { bad: true });
  }
  dialog?.remove();
  left = null;
  dialog = document.createElement("dialog");
  dialog.className = "booking card";
  dialog.setAttribute("aria-labelledby", "booking-title");
  dialog.innerHTML = FORM;
  document.body.append(dialog);
  const form = new Form(dialog, desk, given);
  dialog.showModal();
  form.begin();
}

const FORM = `<form method="dialog"><h2 id="booking-title">Book a visit</h2>
<div class="field"><label for="b-who">Who</label><input id="b-who" autocomplete="off" placeholder="Name or mobile" role="combobox" aria-expanded="false" aria-controls="b-who-list"><ul id="b-who-list" role="listbox" aria-label="Clients" hidden></ul></div>
<p class="warned alert" role="alert" hidden></p><div class="new" hidden><div class="row"><div class="field"><label for="b-first">First name</label><input id="b-first" autocomplete="off" maxlength="100"></div>
<div class="field"><label for="b-last">Last name</label><input id="b-last" autocomplete="off" maxlength="100"></div>
<div class="field"><label for="b-phone">Mobile</label><input id="b-phone" type="tel" autocomplete="off" maxlength="40"></div></div><p class="same hint" aria-live="polite"></p></div>
<div class="field"><label for="b-what">What</label><input id="b-what" autocomplete="off" placeholder="Service" role="combobox" aria-expanded="false" aria-controls="b-what-list"><ul id="b-what-list" role="listbox" aria-label="Services" hidden></ul></div>
<fieldset class="when" hidden><legend>When</legend><div class="row"><div class="field"><label for="b-day">From</label><input id="b-day" type="date"></div>
<div class="field"><label for="b-with">With</label><select id="b-with"><option value="">Anybody who is free</option></select></div></div>
<p class="hint" aria-live="polite"></p><div class="slots"></div><button type="button" class="plain" data-later>Later ›</button></fieldset>
<p class="wrong" role="alert" hidden></p>
<div class="actions"><button type="submit" value="book" disabled>Book</button><button type="button" class="plain" data-leave>Leave</button></div></form>`;

class Form {
  constructor(place, desk, given) {
    this.place = place;
    this.desk = desk;
    this.given = given;
    this.client = null;
    this.service = null;
    this.one = (selector) => place.querySelector(selector);
    this.when = new When(place, desk, given, () => this.ready());
    this.one("[data-leave]").addEventListener("click", () => {
      this.over = true;
      place.close();
    });
    place.addEventListener("close", () => {
      document.activeElement?.blur(); // what was in focus before may be in the form: keys are the page's again
      left = !this.over && (this.client || this.service || this.one("#b-who").value) ? this : null;
    });
    this.one("form").addEventListener("submit", (event) => {
      event.preventDefault();
      this.book();
    });
    choices(this.one("#b-who"), this.one("#b-who-list"), (typed, signal) => this.people(typed, signal), (one) => this.who(one));
    choices(this.one("#b-what"), this.one("#b-what-list"), (typed) => this.services(typed), (one) => this.what(one));
    this.one("#b-phone").addEventListener("input", () => this.same());
    for (const id of ["#b-first", "#b-last", "#b-phone"]) this.one(id).addEventListener("input", () => this.ready());
  }

  begin() {
    if (this.given.client) this.who({ ...this.given.client, words: this.given.client.name });
    else this.one("#b-who").focus();
    const service = this.desk.services.find((one) => one.id === this.given.service);
    if (service) this.what({ id: service.id, words: service.name });
  }

  // Times may have been taken since it was left.
  again() {
    if (this.service) this.times();
  }

  async people(typed, signal) {
    const found = [];
    if (typed.trim().length >= 2) {
      try {
        const { json } = await ask(`/v1/clients?limit=7&query=${encodeURIComponent(typed)}`, { signal });
        found.push(...json.items.map((one) => ({
          id: one.id,
          words: `${one.first_name} ${one.last_name}`,
          flags: one.flags,
          beside: [one.phone, ...one.flags.map(mark)].filter(Boolean).join(" · "),
        })));
      } catch (refused) {
        if (refused.name === "AbortError") throw refused;
      }
    }
    if (this.desk.may_write_clients && typed.trim()) found.push({ id: null, words: `New client: ${typed}`, typed });
    return found;
  }

  services(typed) {
    const sought = typed.trim().toLowerCase();
    return this.desk.services
      .filter((one) => one.name.toLowerCase().includes(sought))
      .slice(0, 8)
      .map((one) => ({ id: one.id, words: one.name, beside: `${one.minutes} min` }));
  }

  who(one) {
    this.client = one;
    const refusing = (one.flags ?? []).filter((flag) => REFUSING.includes(flag));
    const warned = this.one(".warned");
    warned.hidden = !refusing.length;
    warned.textContent = refusing.length ? `Marked ${refusing.map(mark).join(" and ")}: no visit can be booked.` : "";
    this.refused = refusing.length > 0;
    this.one(".new").hidden = one.id !== null;
    if (one.id === null) {
      const digits = one.typed.replace(/\D/g, "");
      const words = digits.length >= 5 ? [] : one.typed.trim().split(/\s+/);
      this.one("#b-first").value = words[0] ?? "";
      this.one("#b-last").value = words.slice(1).join(" ");
      this.one("#b-phone").value = digits.length >= 5 ? one.typed : "";
      this.one("#b-who").value = "New client";
      this.one(words.length > 1 ? "#b-phone" : words.length ? "#b-last" : "#b-first").focus();
      this.same();
    } else {
      this.one("#b-who").value = one.words;
      this.one("#b-what").focus();
    }
    if (this.service) this.times();
    this.ready();
  }

  // Whoever has this number already is offered while it is typed.
  async same() {
    const phone = this.one("#b-phone").value;
    const said = this.one(".same");
    said.replaceChildren();
    if (phone.replace(/\D/g, "").length < 7) return;
    const { json } = await ask(`/v1/clients?limit=3&query=${encodeURIComponent(phone)}`);
    if (phone !== this.one("#b-phone").value) return;
    for (const one of json.items) {
      const use = document.createElement("button");
      use.type = "button";
      use.className = "plain";
      use.textContent = `${one.first_name} ${one.last_name} has this number. Book for them`;
      use.addEventListener("click", () => this.who({ id: one.id, words: `${one.first_name} ${one.last_name}`, flags: one.flags }));
      said.append(use);
    }
  }

  what(one) {
    this.service = one.id;
    this.one("#b-what").value = one.words;
    this.times();
  }

  async times() {
    await this.when.show(this.client, this.service);
    if (this.client && (this.client.id || this.one("#b-phone").value)) this.when.focus();
  }

  ready() {
    const named = this.client?.id || (this.client && this.one("#b-first").value.trim() && this.one("#b-last").value.trim());
    this.one("button[value=book]").disabled = this.refused || !(named && this.service && this.when.chosen);
  }

  async book() {
    const button = this.one("button[value=book]");
    const wrong = this.one(".wrong");
    button.disabled = true;
    wrong.hidden = true;
    try {
      if (!this.client.id) {
        const body = { first_name: this.one("#b-first").value, last_name: this.one("#b-last").value, phone: this.one("#b-phone").value || null };
        const { json } = await ask("/v1/clients", { method: "POST", body });
        // Kept, so that a time that was taken meanwhile makes no second record.
        this.client = { id: json.client.id, words: `${json.client.first_name} ${json.client.last_name}` };
      }
      const { chosen } = this.when;
      const items = [{ service_id: this.service, provider_id: chosen.dataset.provider || null }];
      const { json } = await ask("/v1/appointments", { method: "POST", body: { client_id: this.client.id, location_id: this.desk.location_id, starts_at: chosen.value, items } });
      this.over = true;
      this.place.close();
      const who = chosen.dataset.who ? ` with ${chosen.dataset.who}` : "";
      tell(`${this.client.words} is booked: ${chosen.dataset.words}${who}.`, {
        choice: { words: "Open the visit", act: () => location.assign(`/calendar/visits/${json.id}`) },
      });
      document.dispatchEvent(new CustomEvent("booked"));
    } catch (refused) {
      wrong.textContent = worded(refused);
      wrong.hidden = false;
      if (refused.problem?.type?.endsWith("slot-taken")) await this.when.taken();
      this.ready();
    }
  }
}

const mark = (flag) => (flag === "vip" ? "VIP" : flag.replaceAll("_", " "));

// A field with a list below it: arrows go through it, Enter takes what is marked, or the first.
function choices(field, list, find, take) {
  let found = [];
  let marked = 0;
  let running = null;
  const close = () => {
    list.hidden = true;
    field.setAttribute("aria-expanded", "false");
    field.removeAttribute("aria-activedescendant");
  };
  const choose = (at) => {
    const one = found[at];
    close();
    if (one) take(one);
  };
  const mark = (at) => {
    marked = (at + found.length) % found.length;
    [...list.children].forEach((one, number) => one.setAttribute("aria-selected", String(number === marked)));
    field.setAttribute("aria-activedescendant", list.children[marked].id);
  };
  const look = async () => {
    running?.abort();
    running = new AbortController();
    try {
      found = await find(field.value, running.signal);
    } catch {
      return;
    }
    list.replaceChildren(...found.map((one, at) => {
      const item = document.createElement("li");
      item.id = `${list.id}-${at}`;
      item.setAttribute("role", "option");
      const beside = document.createElement("span");
      beside.className = "quiet";
      beside.textContent = one.beside ? ` ${one.beside}` : "";
      item.append(one.words, beside);
      item.addEventListener("mousedown", (event) => {
        event.preventDefault();
        choose(at);
      });
      return item;
    }));
    list.hidden = !found.length;
    field.setAttribute("aria-expanded", String(!list.hidden));
    if (found.length) mark(0);
  };
  let soon = null;
  field.addEventListener("input", () => {
    clearTimeout(soon);
    found = [];
    soon = setTimeout(look, 120);
  });
  field.addEventListener("focus", () => field.id === "b-what" && look());
  field.addEventListener("blur", close);
  field.addEventListener("keydown", async (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && found.length) mark(marked + step);
    else if (event.key === "Enter") {
      event.preventDefault();
      if (!found.length) {
        clearTimeout(soon);
        await look();
      }
      return choose(marked);
    } else if (event.key === "Escape" && !list.hidden) close();
    else return;
    event.preventDefault();
  });
}
