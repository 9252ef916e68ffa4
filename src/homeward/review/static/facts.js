// What is known of one picture beside what it shows.

import { get } from "./api.js";
import { el, plural } from "./dom.js";

let shown = null;

export async function showFacts(panel, sha256, resized) {
  if (sha256 === shown) return;
  shown = sha256;
  const was = panel.hidden;
  panel.hidden = sha256 === null;
  if (was !== panel.hidden) resized();
  if (sha256 === null) return;
  try {
    const facts = await get(`/items/${sha256}`);
    if (sha256 === shown) panel.replaceChildren(...parts(facts));
  } catch (error) {
    panel.replaceChildren(el("p", { class: "wrong" }, error.message));
  }
}

function parts(facts) {
  const rows = [
    ["SHA-256", el("code", {}, facts.sha256)],
    ["Kind", `${facts.format || facts.mime}, ${facts.width} × ${facts.height}`],
    facts.duration_ms === null ? null : ["Length", `${(facts.duration_ms / 1000).toFixed(1)} s`],
    ["Size", plural(facts.size, "byte")],
    facts.damage ? ["Damage", facts.damage] : null,
    facts.series ? ["Series", el("a", { href: `/series/${facts.series}` }, facts.series)] : null,
    ...facts.matches.map((one) => ["Named by", `${one.list}: ${one.codes || one.series || one.kind}`]),
    ...facts.paths.map((path) => ["Found at", path]),
  ];
  const said = facts.grades.map((one) => el("li", {}, `${one.who || "somebody"}: ${one.code || "undecided"}${one.taken_back ? " (taken back)" : ""}`));
  return [
    el("h2", {}, "About this picture"),
    el("dl", {}, rows.filter(Boolean).flatMap(([name, value]) => [el("dt", {}, name), el("dd", {}, value)])),
    said.length ? el("h2", {}, "Said of it") : null,
    said.length ? el("ul", {}, said) : null,
  ].filter(Boolean);
}
