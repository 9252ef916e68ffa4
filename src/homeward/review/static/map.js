// Where and when pictures were taken, as they say themselves.

import { get } from "./api.js";
import { el, plural, say, table } from "./dom.js";
import { MapView } from "./mapview.js";
import { PmTiles } from "./pmtiles.js";
import { timeline } from "./timeline.js";
import { veil } from "./veils.js";
import { t } from "./words.js";

const part = (id) => document.getElementById(id);
const canvas = part("map");
const LISTED = 100, NEAR = 0.2; // kilometres, a little more than what one point stands for
const place = (point) => `${point.latitude.toFixed(3)}, ${point.longitude.toFixed(3)}`;
const found = (point) => `/find?${new URLSearchParams({ near: `${point.latitude},${point.longitude},${NEAR}` })}`;

function about(points) {
  const shown = points.slice(0, 12);
  part("chosen").replaceChildren(
    el("h2", {}, points.length === 1 ? place(points[0]) : t`${points.length} points`),
    ...shown.map((point) => el("section", {},
      points.length > 1 ? el("h3", {}, place(point)) : null,
      el("div", { class: "strip" }, point.pictures.map((sha256) => el("a", { href: `/pictures/${sha256}` }, veil(sha256, t`veil of ${sha256.slice(0, 12)}`)))),
      point.items ? el("p", {}, el("a", { href: found(point) }, plural(point.items, "picture"))) : null,
      point.series.length ? el("p", {}, t`Series `, point.series.map((name) => el("a", { href: `/series/${name}` }, `${name} `))) : null,
      point.clues.length ? el("p", {}, point.clues.map((clue) => el("a", { href: `/clues/${clue}` }, t`Clue ${clue.slice(0, 12)} `))) : null)),
    points.length > shown.length ? el("p", { class: "soft" }, t`and ${points.length - shown.length} more: come closer`) : "");
}

// What speaks for the countries of one series, and what nobody has looked at or measured yet.
const why = ({ cues, missing }) => [
  table([[t`Cue`], [t`Value`], [t`From`]], cues.map((one) => [one.kind, one.value, one.plugin ? t`${one.origin} (uncalibrated)` : one.origin])),
  el("p", { class: "soft" }, t`Nothing is known of: ${missing.join(", ")}`),
];

// Countries in which pictures of series may have been made: of one series, or of all that have a cue.
function shades(view, rows) {
  part("shading").hidden = !rows.length;
  const choice = part("series");
  choice.append(...rows.map((row) => el("option", {}, row.id)));
  const show = () => {
    const told = new Map();
    const chosen = rows.filter((one) => !choice.value || one.id === choice.value);
    const heard = [...new Set(chosen.flatMap((one) => one.cues.map((cue) => cue.plugin)))].filter(Boolean);
    part("heard").textContent = heard.length ? t`With what these plug-ins see, which is uncalibrated and weighs little: ${heard.join(", ")}` : "";
    part("why").replaceChildren(...(chosen.length === 1 ? why(chosen[0]) : [el("p", { class: "soft" }, t`Choose a series.`)]));
    for (const row of chosen) {
      for (const { country, name, probability } of row.countries) {
        const held = told.get(country) ?? { name, none: 1, series: [] };
        held.none *= 1 - probability;
        held.series.push(row.id);
        told.set(country, held);
      }
    }
    const best = [...told].map(([code, { name, none, series }]) => ({ code, name, chance: 1 - none, series })).sort((a, b) => b.chance - a.chance);
    view.shade(new Map(best.map((one) => [one.code, one.chance])));
    part("countries").replaceChildren(table([[t`Country`], [t`Probability`, "number"], [t`Series`]],
      best.slice(0, LISTED).map((one) => [one.name, one.chance.toFixed(2), one.series.map((name) => el("a", { href: `/series/${name}` }, `${name} `))])));
  };
  choice.addEventListener("change", show);
  if (rows.length) show();
}

async function begin() {
  const view = new MapView(canvas, null, about);
  if (canvas.dataset.tiles) view.tiles = await PmTiles.open(() => view.draw());
  const points = await get("/map/points");
  view.show(points);
  for (const [id, act] of [["closer", () => view.zoom(1.5)], ["further", () => view.zoom(1 / 1.5)], ["fit", () => view.fit()]]) part(id).addEventListener("click", act);
  part("none").hidden = points.length > 0;
  const rows = points.slice(0, LISTED).map((point) => [el("a", { href: found(point) }, place(point)), String(point.items), point.series.map((name) => el("a", { href: `/series/${name}` }, `${name} `))]);
  part("points").replaceChildren(rows.length ? table([[t`Point`], [t`Pictures`, "number"], [t`Series`]], rows) : "");
  shades(view, await get("/map/countries"));
  part("times").replaceChildren(timeline(await get("/map/times")));
}

try { await begin(); } catch (error) { say(error.message, true); }
part("main").dataset.ready = "true";
