// What every page of somebody who is signed in can do beyond plain forms and links. Nothing here decides
// anything: without it the same forms and links work.
import htmx from "htmx.org";
import "./evaluates_nothing.js";
import "./csrf.js";
import "./bar.js";
import "./booking.js";
import "./idle.js";
import "./live.js";
import "./quick.js";
import "./trouble.js";

window.htmx = htmx;
document.documentElement.dataset.scripted = "";
