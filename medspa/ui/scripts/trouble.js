// A part of a page that could not be had. Forms come back with what is wrong (422); of anything else the page in
// place stays as it is, and who is no longer signed in is sent to sign in.
import { toast } from "./toast.js";

document.addEventListener("htmx:before:response", (event) => {
  const { status, raw } = event.detail.ctx.response;
  const elsewhere = raw?.redirected && new URL(raw.url).pathname.startsWith("/sign-in");
  if (status === 401 || elsewhere) {
    event.preventDefault();
    location.reload();
  } else if (status >= 400 && status !== 422) {
    event.preventDefault();
    toast("That did not work. Nothing was changed; try again, or reload the page.");
  }
});
document.addEventListener("htmx:error", () => toast("The server cannot be reached. Try again in a moment."));
