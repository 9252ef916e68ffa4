// Two pictures side by side, and the evidence about them part by part.

import { get, post } from "./api.js";
import { ask } from "./ask.js";
import { el, say, table } from "./dom.js";
import { veil } from "./veils.js";
import { t } from "./words.js";

export const strength = (value) => (value === null || value === undefined ? "" : `${value > 0 ? "+" : ""}${value.toFixed(1)}`);

export function proposal(one, may, done) {
  const sides = el("div", { class: "sides" }, side(one.a, one.series), el("span", { class: "soft" }, "?"), side(one.b, one.other));
  const more = el("div", { class: "parts" });
  const open = el("button", { type: "button", class: "quiet", "aria-expanded": "false", onclick: () => evidence(one, sides, more, open) }, t`Evidence`);
  const answer = async (accept) => {
    const why = await ask(accept ? t`These show one victim` : t`These are to be held apart`, accept ? t`Accept` : t`Reject`);
    if (why === null) return;
    try {
      await post(`/proposals/${one.id}`, { accept, why });
      say(accept ? t`Accepted.` : t`Rejected.`);
      await done();
    } catch (error) { say(error.message, true); }
  };
  return el("article", { class: "card pair", "data-proposal": one.id },
    sides,
    el("div", { class: "words" },
      el("p", {}, one.reason),
      el("p", { class: "soft", title: t`log10 likelihood ratio: over all pairs of the two groups, and of these two pictures` }, t`log10 LR ${strength(one.log10_lr)} in all, ${strength(one.pair_log10_lr)} of these two`),
      el("p", { class: "acts" }, may("decide") ? [
        el("button", { type: "button", onclick: () => answer(true) }, t`Accept`),
        el("button", { type: "button", class: "quiet", onclick: () => answer(false) }, t`Reject`),
      ] : null, open)),
    more);
}

function side(sha256, series) {
  return el("figure", {},
    veil(sha256, t`veil of ${sha256.slice(0, 12)}`, { size: "large" }),
    el("figcaption", {}, series ? el("a", { href: `/series/${series}` }, t`Series ${series}`) : t`alone`, " · ", el("a", { href: `/grid?queue=stack:${sha256}` }, t`open`)));
}

async function evidence(one, sides, more, button) {
  const open = button.getAttribute("aria-expanded") === "true";
  button.setAttribute("aria-expanded", String(!open));
  if (open) return more.replaceChildren();
  try {
    const found = await get(`/evidence/${one.a}/${one.b}`);
    const [left, right] = found.a === one.a ? ["a", "b"] : ["b", "a"];
    for (const [figure, sha256, end] of [[sides.firstChild, one.a, left], [sides.lastChild, one.b, right]]) {
      const box = found[`${end}_box`], seconds = found[`${end}_time`], time = seconds === null ? -1 : Math.round(1000 * seconds);
      if (box) figure.querySelector("canvas").replaceWith(veil(sha256, t`veil of ${sha256.slice(0, 12)}, with the part where features agree`, { box, size: "large", time }));
    }
    more.replaceChildren(parts(found));
  } catch (error) { more.replaceChildren(el("p", { class: "soft" }, error.message)); }
}

function parts(found) {
  const rows = found.parts.map((part) => [strength(part.log10_lr), part.kind, part.reason, part.caveat]);
  return el("div", {},
    table([[t`log10 LR`, "number"], [t`Kind`], [t`What was found`], [t`Limit`]], rows),
    el("p", { class: "soft" }, t`Together ${strength(found.log10_lr)}, calibrated by ${found.calibration}.`));
}
