// Every clue, those that may still lead somewhere first.

import { get } from "./api.js";
import { el, plural, say, table } from "./dom.js";
import { veil } from "./veils.js";
import { t } from "./words.js";

const place = document.getElementById("clues");
const more = document.getElementById("more");
const AT_ONCE = 100, VEILS = 3;
let all = [], shown = 0;

const called = (clue) => (clue.kind === "region" ? t`a thing in a picture` : clue.value);
const standing = (clue) => [clue.status, clue.proposed ? t`proposed` : "", clue.disputed ? t`disputed` : ""].filter(Boolean).join(", ");

function line(clue) {
  const here = clue.sightings.filter((one) => one.here);
  return [
    el("span", { class: "two" }, here.slice(0, VEILS).map((one) => veil(one.picture, t`veil of ${one.picture.slice(0, 12)}`, { box: one.veil_box, size: "tiny", time: one.time_ms }))),
    el("a", { href: `/clues/${clue.id}`, "data-clue": clue.id }, el("bdi", {}, called(clue))),
    clue.kind, standing(clue), clue.owners.join(", "), String(clue.pictures),
  ];
}

function show() {
  shown += AT_ONCE;
  const rows = all.slice(0, shown).map(line);
  place.replaceChildren(rows.length ? table([[t`Seen in`], [t`Says`], [t`Kind`], [t`Status`], [t`Who works on it`], [t`Pictures`, "number"]], rows) : el("p", { class: "soft" }, t`There are no clues yet: open a picture and draw a box on it.`));
  more.hidden = shown >= all.length;
  more.textContent = `${plural(Math.max(0, all.length - shown), "more clue")}`;
}

try {
  all = await get("/clues");
  show();
} catch (error) { say(error.message, true); }
place.removeAttribute("aria-busy");
more.addEventListener("click", show);
