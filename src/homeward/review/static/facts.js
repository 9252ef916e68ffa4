// What is known of one picture beside what it shows.

import { get } from "./api.js";
import { el, plural } from "./dom.js";
import { address } from "./figures.js";
import { t } from "./words.js";

let shown = null;

// time: milliseconds of the frame that is shown, -1 of a still.
export async function showFacts(panel, sha256, resized, time = -1) {
  const key = sha256 && `${sha256} ${time}`;
  if (key === shown) return;
  shown = key;
  const was = panel.hidden;
  panel.hidden = sha256 === null;
  if (was !== panel.hidden) resized();
  if (sha256 === null) return;
  try {
    const facts = await get(`/items/${sha256}`);
    if (key === shown) panel.replaceChildren(...parts(facts, time));
  } catch (error) {
    panel.replaceChildren(el("p", { class: "wrong" }, error.message));
  }
}

function parts(facts, time) {
  const rows = [
    ["SHA-256", el("code", {}, facts.sha256)],
    [t`Kind`, `${facts.format || facts.mime}, ${facts.width} × ${facts.height}`],
    facts.duration_ms === null ? null : [t`Length`, `${(facts.duration_ms / 1000).toFixed(1)} s`],
    [t`Size`, plural(facts.size, "byte")],
    facts.damage ? [t`Damage`, facts.damage] : null,
    facts.series ? [t`Series`, el("a", { href: `/series/${facts.series}` }, facts.series)] : null,
    ...facts.matches.map((one) => [t`Named by`, `${one.list}: ${one.codes || one.series || one.kind}`]),
    ...facts.paths.map((path) => [t`Found at`, el("bdi", {}, path)]),
  ];
  const said = facts.grades.map((one) => el("li", {}, `${one.who || t`somebody`}: ${one.code || t`undecided`}${one.taken_back ? t` (taken back)` : ""}`));
  return [
    el("h2", {}, t`About this picture`),
    el("dl", {}, rows.filter(Boolean).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    location.pathname.startsWith("/pictures/") ? null : el("p", {}, el("a", { href: address(facts.sha256, time) }, t`Draw a box on it`), " ", el("kbd", {}, "d")),
    said.length ? el("h2", {}, t`Said of it`) : null,
    said.length ? el("ul", {}, said) : null,
  ].filter(Boolean);
}
