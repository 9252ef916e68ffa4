// What software asks people about, a portion at a time: what is shown is in hand, and nobody else is given it.

import { get } from "./api.js";
import { el, plural, say } from "./dom.js";
import { take } from "./held.js";
import { proposal } from "./pair.js";
import { t } from "./words.js";

const place = document.getElementById("proposals");
const more = document.getElementById("more");
const PORTION = 10, MOST = 100;
const me = await get("/session");
const may = (permission) => me.may.includes(permission);
let portion = PORTION;

async function show() {
  try {
    const found = await get("/proposals");
    const { mine, others } = await take("proposal", found.slice(0, 10_000).map((one) => one.id), portion);
    const taken = Object.keys(others);
    const here = may("decide") ? found.filter((one) => mine.includes(one.id)) : found.slice(0, portion);
    place.replaceChildren(...[
      ...here.map((one) => proposal(one, may, show)),
      here.length ? null : el("p", { class: "soft" }, t`Nothing waits here for you.`),
      taken.length ? el("p", { class: "soft", id: "elsewhere" }, t`${plural(taken.length, "proposal")} in the hands of ${[...new Set(Object.values(others))].join(", ")}.`) : null,
    ].filter(Boolean));
    const left = found.length - here.length - (may("decide") ? taken.length : 0);
    more.hidden = left <= 0 || (may("decide") && portion >= MOST);
    more.textContent = t`Take more of the ${left.toLocaleString("en")} that wait`;
  } catch (error) { say(error.message, true); }
  place.removeAttribute("aria-busy");
}

more.addEventListener("click", () => { portion += PORTION; show(); });
await show();
