// What nobody had to see, and what came of the work.

import { get } from "./api.js";
import { el, plural, say, table } from "./dom.js";
import { minutes, setMinutes } from "./pace.js";
import { t } from "./words.js";

const place = document.getElementById("care");
const form = document.getElementById("pace");
const number = (count) => count.toLocaleString("en");

function spared(care) {
  const rest = care.copies + care.known + care.unseen;
  return [
    el("p", { class: "spared" }, t`Of ${plural(care.pictures, "picture")}, ${number(rest)} did not have to be seen by anybody.`),
    el("ul", {},
      el("li", {}, t`${plural(care.copies, "copy", "copies")} under a picture that stands for all`),
      el("li", {}, t`${number(care.known)} are known to a list`),
      el("li", {}, t`${number(care.unseen)} were decided by their veil or a drawing`)),
  ];
}

function came(outcomes) {
  if (!outcomes.length) return el("p", { class: "soft" }, t`Nothing yet. What becomes of series on which you worked will stand here, whenever it comes.`);
  const rows = outcomes.map((one) => [el("a", { href: `/series/${one.series}` }, one.series), one.status, one.when.slice(0, 10), one.says]);
  return table([[t`Series`], [t`Its victim is`], [t`Since`], [t`As told`]], rows);
}

form.elements.minutes.value = String(minutes());
form.elements.minutes.addEventListener("change", () => {
  setMinutes(Number(form.elements.minutes.value));
  say(minutes() ? t`You are reminded after ${plural(minutes(), "minute")} of work.` : t`You are not reminded.`);
});

try {
  const care = await get("/care");
  place.replaceChildren(...spared(care), el("h2", {}, t`What came of it`), came(care.outcomes));
} catch (error) { say(error.message, true); }
place.removeAttribute("aria-busy");
