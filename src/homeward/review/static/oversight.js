// Figures for those who oversee: rates of 10,000 innocent handles, by group; no handle is named.

import { post } from "./api.js";
import { el, plural, table } from "./dom.js";
import { fill, onPurpose, purpose } from "./purpose.js";
import { t } from "./words.js";

const place = document.getElementById("oversight");
const whole = (value) => Math.round(value).toLocaleString("en");

async function figures() {
  const found = await post("/communities/oversight", { purpose: purpose() });
  const rows = [found.all, ...found.groups].map((one) => [
    one.by ? `${one.by}: ${one.group}` : "all", String(one.innocents), String(one.linked), String(one.wrong), whole(one.per_10_000),
    t`${whole(one.interval[0])} to ${whole(one.interval[1])}`, whole(one.expected_per_10_000),
  ]);
  const worst = Object.entries(found.disparity).map(([by, ratio]) => el("li", { class: ratio > 1.5 ? "wrong" : "" }, t`By ${by}: ${ratio === null ? t`too little was decided to compare` : t`the group that is hit most, ${ratio.toFixed(1)} times the rate of all`}`));
  return [
    el("h2", {}, t`Links with a probability of ${found.least} or more`),
    table([[t`Handles`], [t`Innocent`, "number"], [t`Linked`, "number"], [t`Rejected`, "number"], [t`Of 10,000`, "number"], ["95 % interval", "number"], [t`Expected of 10,000`, "number"]], rows),
    el("h2", {}, t`Disparity`), el("ul", {}, worst),
    el("h2", {}, t`Decisions`),
    el("p", {}, t`${plural(found.decisions, "decision")} of ${plural(found.people, "person", "people")}; ${found.reversed} were turned round later, ${found.with_another_calibration} were made with another calibration. ${plural(found.undecided, "link")} nobody has decided.`),
  ];
}

onPurpose(() => fill(place, figures));
