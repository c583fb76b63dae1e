// Requests of a page carry the token of its session, as the API wants it of every write with a cookie.
export const token = () => document.querySelector('meta[name="csrf-token"]')?.content ?? "";

document.addEventListener("htmx:config:request", ({ detail }) => {
  const held = token();
  if (held) detail.ctx.request.headers["X-CSRF-Token"] = held;
});
