// Hypotheses about handles: what speaks for and against each, what people said of it, and a way to say so.

import { get, post } from "./api.js";
import { ask } from "./ask.js";
import { el, plural, say, table } from "./dom.js";
import { fill, onPurpose, purpose } from "./purpose.js";
import { t } from "./words.js";

const place = document.getElementById("personas");
const me = await get("/session");
const SAYS = { same: t`one person`, apart: t`not one person`, withdrawn: t`took it back` };
const NAMES = {
  identifier: t`shared identifiers`, name: t`name`, files: t`shared rare files`, camera: t`camera of what was shown first`, partners: t`partners of replies`,
  style: t`way of writing`, hours: t`hours of the day`, weeks: t`weeks`, moments: t`minutes in which both posted`, offset: t`time zone`,
};

const handle = (one) => t`${one.name} at ${one.site}`;
const signed = (value) => (value < 0 ? "−" : "+") + Math.abs(value).toFixed(1);

async function hypotheses() {
  const found = await post("/communities/personas", { purpose: purpose() });
  const groups = found.personas.filter((one) => one.handles.length > 2);
  return [
    el("p", { class: "hint" }, t`${plural(found.handles, "handle")}, ${plural(found.compared, "pair")} compared; ${found.protected} protected, ${found.rejected} rejected, ${found.beyond_limit} beyond the limit. Behind every probability stands the share of handles with a counterpart that was estimated for its two sites.`),
    found.more_share_something ? el("p", { class: "hint" }, t`More pairs share something than can be compared: of each handle, those that share most with it were.`) : null,
    groups.length ? el("section", {}, el("h2", {}, t`Together`), el("ul", {}, groups.map((one) => el("li", {}, one.handles.map(handle).join(", "), one.large ? t` (more than one person is likely to keep: doubt it)` : "")))) : null,
    ...found.links.map(card),
    found.links.length ? null : el("p", { class: "soft" }, t`No hypothesis is that probable.`),
  ].filter(Boolean);
}

function card(one) {
  const heading = t`${handle(one.a)} and ${handle(one.b)}`;
  const parts = one.parts.map((part) => [NAMES[part.of] ?? part.of, signed(part.log10_lr), part.log10_lr < 0 ? t`against` : t`for`]);
  const said = one.said.map((word) => [word.when.slice(0, 16).replace("T", " "), word.who, SAYS[word.says], word.why, `${signed(word.log10_lr)}${word.calibration_changed ? t` (another calibration)` : ""}`]);
  return el("article", { class: "card hypothesis", "aria-label": heading },
    el("div", { class: "head" }, el("h2", {}, heading), el("p", { class: "status" }, one.state)),
    el("p", {}, t`Probability ${one.probability.toFixed(2)}, log10 LR ${signed(one.log10_lr)}. Of ${plural(one.rivals, "handle")} compared among ${one.pool}, ${one.equals < 0.01 ? t`fewer than 0.01` : one.equals.toPrecision(2)} strangers would look as alike. Estimated share with a counterpart: ${one.prior.toFixed(2)}.`),
    table([[t`Evidence`], [t`log10 LR`, "number"], [""]], parts),
    said.length ? table([[t`When`], [t`Who`], [t`Said`], [t`Why`], [t`log10 LR then`, "number"]], said) : null,
    me.may.includes("decide") ? acts(one, heading) : null);
}

function acts(one, heading) {
  const mine = one.said.filter((word) => word.who === me.name).at(-1);
  const button = (word, text, title) => el("button", { type: "button", class: "quiet", onclick: async () => {
    const why = await ask(`${title}: ${heading}`, text);
    if (why === null) return;
    try {
      const { state } = await post(`/communities/personas/${one.id}`, { word, why });
      say(t`Recorded. It is ${state}.`);
      await fill(place, hypotheses);
    } catch (error) { say(error.message, true); }
  } }, text);
  return el("div", { class: "acts" }, button("accept", t`One person`, t`They are one person`), button("reject", t`Not one person`, t`They are not one person`),
    mine && mine.says !== "withdrawn" ? button("withdraw", t`Take back`, t`Take back what you said`) : null);
}

onPurpose(() => fill(place, hypotheses));
