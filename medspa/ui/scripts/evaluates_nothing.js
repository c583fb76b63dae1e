// Attributes are never run as code: the policy of our pages forbids it, and so nothing may try.
import htmx from "htmx.org";

function refuse() {
  throw new Error("No attribute of a page is run as code.");
}
htmx.registerExtension("evaluates-nothing", { init: (api) => api.initSecurity(null, refuse, refuse) });
