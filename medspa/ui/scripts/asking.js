// Asking our own API and pages, and saying in words what they refuse.
import { token } from "./csrf.js";

export class Refused extends Error {
  constructor(problem, status) {
    super(problem.detail || problem.title || "This did not work. Try again.");
    this.problem = problem;
    this.status = status;
  }
}

// What was refused, in words: what happened, then what to do about it.
export function worded({ problem, message }) {
  return problem?.title && problem.title !== message ? `${problem.title}. ${message}` : message;
}

export async function ask(path, { method = "GET", body, headers = {}, signal } = {}) {
  const answer = await fetch(path, {
    method,
    signal,
    headers: {
      Accept: "application/json",
      ...(method === "GET" ? {} : { "X-CSRF-Token": token() }),
      ...(body === undefined ? {} : { "Content-Type": "application/json" }),
      ...headers,
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (answer.status === 401) location.reload();
  const json = answer.headers.get("content-type")?.includes("json") ? await answer.json() : null;
  if (!answer.ok && answer.status !== 304) throw new Refused(json ?? {}, answer.status);
  return { json, status: answer.status, etag: answer.headers.get("ETag") };
}

// A page's own part as HTML, which may be one that says what was refused; else that is read from the page that
// says it.
// `path`: where the answer was found in the end.
export async function askPart(path, form) {
  const answer = await fetch(path, {
    method: form ? "POST" : "GET",
    headers: { "X-Fragment": "1", "X-CSRF-Token": token() },
    body: form ? new URLSearchParams(new FormData(form)) : undefined,
  });
  const html = await answer.text();
  if (answer.ok || answer.headers.has("X-Fragment")) return { html, path: new URL(answer.url).pathname };
  const said = new DOMParser().parseFromString(html, "text/html").querySelector("main .card p");
  throw new Refused({ detail: said?.textContent }, answer.status);
}

// Says something for some seconds, where a screen reader hears it too; `choice` is one thing that can be done.
export function tell(words, { bad = false, choice } = {}) {
  let place = document.querySelector("#told");
  if (!place) {
    place = document.createElement("div");
    place.id = "told";
    place.setAttribute("role", "status");
    document.body.append(place);
  }
  const said = document.createElement("div");
  said.className = bad ? "alert" : "notice";
  const text = document.createElement("p");
  text.textContent = words;
  said.append(text);
  if (choice) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = choice.words;
    button.addEventListener("click", () => {
      said.remove();
      choice.act();
    });
    said.append(button);
  }
  place.replaceChildren(said);
  setTimeout(() => said.remove(), choice ? 20000 : 8000);
}
