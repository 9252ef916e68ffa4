// "Where else?": the answers to a box on a picture, as veils with boxes of their own.

import { post } from "./api.js";
import { el, plural, say } from "./dom.js";
import { figure } from "./figures.js";
import { strength } from "./pair.js";
import { t } from "./words.js";

export async function elsewhere(place, question, act = () => null) {
  place.setAttribute("aria-busy", "true");
  place.replaceChildren(el("p", { class: "soft" }, t`Looking …`));
  try {
    const found = await post("/find/elsewhere", question);
    const what = question.by === "place" ? "place" : "thing";
    place.replaceChildren(
      el("h2", {}, t`The ${what} elsewhere`),
      el("p", { class: "hint" }, found.length ? t`${plural(found.length, "picture")}, best first; one of each stack; below 0 speaks against it. Nothing is recorded until you say so.` : t`No other picture of this case shows this ${what}.`),
      el("p", {}, el("a", { href: `/find?${filters(question)}` }, t`With filters, as a list`)),
      el("div", { class: "sights" }, found.map((row) => figure(row, [t`log10 LR ${strength(row.log10_lr)}`, row.reason, row.copies ? t`${plural(row.copies, "copy", "copies")} more` : ""], act(row)))));
    return found;
  } catch (error) {
    place.replaceChildren();
    say(error.message, true);
    return null;
  } finally { place.removeAttribute("aria-busy"); }
}

function filters({ picture, time_ms: time, veil_box: box, by }) {
  const asked = new URLSearchParams({ like: picture, by });
  if (time >= 0) asked.set("time", time);
  if (box) asked.set("box", box.map((edge) => Math.max(0, Number(edge.toFixed(2)))).join(","));
  return asked;
}
