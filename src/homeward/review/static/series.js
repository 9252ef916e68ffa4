// One series: situations in time and what joins them, what is proposed, and everything that was decided.

import { get, post } from "./api.js";
import { ask } from "./ask.js";
import { el, plural, say, table } from "./dom.js";
import { elsewhere, take } from "./held.js";
import { leads } from "./leads.js";
import { proposal, strength } from "./pair.js";
import { veil } from "./veils.js";
import { t } from "./words.js";

const STATUSES = ["unidentified", "located", "identified", "safeguarded", "known elsewhere"];
const SHOWN = 24;
const place = document.getElementById("series");
const me = await get("/session");
let taken = null; // what is said where somebody else has it in hand
const may = (permission) => me.may.includes(permission) && !(taken && permission === "decide");
const chosen = new Set();
let name = place.dataset.name;

async function show() {
  try {
    const found = await get(`/series/${name}`);
    chosen.clear();
    taken = elsewhere(await take("series", [found.id]));
    const todo = await leads(found.id, may, found.open_clues, show);
    place.replaceChildren(...[head(found), taken, facts(found), todo, timeline(found), proposed(found), held(found), decided(found)].filter(Boolean));
  } catch (error) { place.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message)); }
  place.removeAttribute("aria-busy");
}

async function decide(path, body, done) {
  try {
    const now = await post(path, body);
    if (now.series && now.series !== name) {
      name = now.series;
      history.replaceState(null, "", `/series/${name}`);
    }
    say(done);
    await show();
  } catch (error) { say(error.message, true); }
}

function head(found) {
  return el("div", { class: "head" },
    el("div", {},
      el("h1", {}, t`Series ${found.id}`),
      el("p", { class: "hint" }, t`One victim, as far as the evidence goes: ${plural(found.items.length, "file")}, ${plural(found.pictures, "picture")}, ${plural(found.cameras.length, "camera")}, ${when(found.first_seen, found.last_seen)}.`)),
    el("span", { class: "grow" }),
    el("p", { class: "status" }, found.status),
    el("a", { class: "button", href: `/grid?queue=series:${found.id}` }, t`Pictures`));
}

function facts(found) {
  const rows = [
    [t`Priority`, el("details", {}, el("summary", {}, String(found.priority)), el("ul", {}, found.why.map((line) => el("li", {}, line))))],
    [t`Found in`, found.exhibits.join(", ")],
    found.circulation.length ? [t`Circulation`, el("ul", {}, found.circulation.map(source))] : null,
    found.cameras.length ? [t`Cameras`, examples(found.cameras, (one) => [one.id, plural(one.items, "file"), `/find?camera=${one.id}`])] : null,
    found.places.length ? [t`Places`, examples(found.places, (one) => [one.example, plural(one.pictures, "picture"), `/find?like=${one.example}&by=place`])] : null,
    found.country ? [t`Country`, `${found.country.name}, ${(found.country.probability * 100).toFixed(0)} %`] : null,
    found.known.length ? [t`Known`, found.known.map((one) => `${one.list}${one.series ? `: ${one.series}` : ""}`).join("; ")] : null,
    found.age_band ? [t`Age band`, found.age_band] : null,
    found.contact ? [t`Contact`, found.contact] : null,
    [t`Open clues`, String(found.open_clues.length)],
    found.was.length ? [t`Was`, found.was.join(", ")] : null,
    ...found.notes.map((note) => [t`Note`, note]),
  ];
  return el("section", { class: "card" },
    el("dl", { class: "facts-list" }, rows.filter(Boolean).flatMap(([title, value]) => [el("dt", {}, title), el("dd", {}, value)])),
    may("decide") ? acts(found) : null);
}

// How the pictures of one source stand to those of others: which of them came straight from a camera, and which were passed on.
function source(one) {
  const how = Object.entries(one.counts).filter(([, count]) => count).map(([what, count]) => `${what}: ${count}`);
  return el("li", {}, el("bdi", {}, [one.exhibit, one.folder].filter(Boolean).join(" > ")), ` · ${plural(one.pictures, "picture")} (${how.join("; ")})`);
}

function examples(rows, told) {
  return el("div", { class: "strip" }, rows.slice(0, SHOWN).map(told).map(([sha256, words, href]) => el("a", { href },
    veil(sha256, t`veil of ${sha256.slice(0, 12)}`, { size: "tiny" }), ` ${words}`)));
}

function acts(found) {
  const status = el("select", { "aria-label": t`Status` }, STATUSES.map((one) => el("option", { selected: one === found.status }, one)));
  const other = el("input", { "aria-label": t`The other series`, placeholder: t`another series`, maxlength: 64 });
  const act = (title, verb, path, body, done) => async () => {
    const why = await ask(title(), verb);
    if (why !== null) await decide(path(), { ...body(), why }, done);
  };
  return el("p", { class: "acts" },
    status, el("button", { type: "button", class: "quiet", onclick: act(() => t`The victim is ${status.value}`, t`Record`, () => `/series/${name}/facts`, () => ({ field: "status", value: status.value }), t`Recorded.`) }, t`Set status`),
    other, el("button", { type: "button", class: "quiet", onclick: act(() => t`Series ${other.value} belongs to this one`, t`Merge`, () => `/series/${name}/merge`, () => ({ other: other.value.trim() }), t`Held together.`) }, t`Merge`),
    el("button", { type: "button", class: "quiet", id: "split", disabled: true, onclick: act(() => t`${plural(chosen.size, "picture")} do not belong to this series`, t`Take out`, () => `/series/${name}/split`, () => ({ pictures: [...chosen] }), t`Taken out.`) }, t`Take chosen out`),
    el("button", { type: "button", class: "quiet", onclick: () => decide(`/series/${name}/seen`, undefined, t`Seen.`) }, t`News seen`));
}

function timeline(found) {
  const carried = new Map();
  for (const one of found.timeline) {
    const late = Math.max(one.from, one.to);
    if (!carried.has(late) || carried.get(late).log10_lr < one.log10_lr) carried.set(late, one);
  }
  return el("section", {},
    el("h2", {}, t`Situations`),
    el("p", { class: "hint" }, may("decide") ? t`What was made at one time or place, in order. Click veils that do not belong here, then take them out.` : t`What was made at one time or place, in order.`),
    el("ol", { class: "situations" }, found.situations.flatMap((one, at) => [joined(carried.get(at), one, at), situation(one)].filter(Boolean))));
}

function joined(link, one, at) {
  if (!at) return null;
  const gap = one.gap_days === null ? t`no time is known` : one.gap_days ? t`${plural(one.gap_days, "day")} later` : t`at about the same time`;
  return el("li", { class: "join soft" }, gap, link ? t` · joined to situation ${Math.min(link.from, link.to) + 1} by ${link.kinds.join(", ")} (log10 LR ${strength(link.log10_lr)}): ${link.reason}` : "");
}

function situation(one) {
  const tiles = one.items.slice(0, SHOWN).map((sha256) => {
    const button = el("button", { type: "button", class: "pick", "aria-pressed": "false", title: sha256, disabled: !may("decide"), onclick: () => pick(button, sha256) }, veil(sha256, t`veil of ${sha256.slice(0, 12)}`));
    return button;
  });
  return el("li", { class: "situation" },
    el("p", {}, when(one.first, one.last), el("span", { class: "soft" }, ` · ${plural(one.items.length, "file")}, ${plural(one.cameras.length, "camera")}`)),
    el("div", { class: "strip" }, tiles),
    one.items.length > SHOWN ? el("p", { class: "soft" }, t`and ${one.items.length - SHOWN} more`) : null);
}

function pick(button, sha256) {
  if (!chosen.delete(sha256)) chosen.add(sha256);
  button.setAttribute("aria-pressed", String(chosen.has(sha256)));
  const split = document.getElementById("split");
  split.disabled = !chosen.size;
  split.textContent = chosen.size ? t`Take ${chosen.size} out` : t`Take chosen out`;
}

function proposed(found) {
  if (!found.proposed.length) return null;
  return el("section", {}, el("h2", {}, t`Proposed`), el("p", { class: "hint" }, t`These may belong to it; nothing is joined until you accept.`), found.proposed.map((one) => proposal(one, may, show)));
}

function held(found) {
  if (!found.held_by.length) return null;
  const rows = found.held_by.slice(0, 40).map((one) => [
    el("span", { class: "two" }, veil(one.a, t`veil of ${one.a.slice(0, 12)}`, { size: "tiny" }), veil(one.b, t`veil of ${one.b.slice(0, 12)}`, { size: "tiny" })),
    strength(one.log10_lr), one.reason,
  ]);
  return el("details", { class: "held" }, el("summary", {}, t`What holds it together (${found.held_by.length})`), table([[t`Pictures`], [t`log10 LR`, "number"], [t`Strongest reason`]], rows));
}

function decided(found) {
  if (!found.history.length) return null;
  const undo = (one) => async () => {
    const why = await ask(t`Take back: ${one.says}`, t`Take back`);
    if (why !== null) await decide(`/decisions/${one.event}/undo`, { why }, t`Taken back.`);
  };
  const rows = found.history.map((one) => [
    one.when.slice(0, 16).replace("T", " "), one.who || one.agency, one.says + (one.taken_back ? t` (taken back)` : ""), one.why,
    may("decide") && !one.taken_back && one.act !== "undo" ? el("button", { type: "button", class: "quiet", onclick: undo(one) }, t`Take back`) : "",
  ]);
  return el("section", {}, el("h2", {}, t`Decided`), table([[t`When`], [t`Who`], [t`What`], [t`Why`], [""]], rows));
}

function when(first, last) {
  if (!first) return t`time unknown`;
  const [from, to] = [first.slice(0, 10), (last ?? first).slice(0, 10)];
  return from === to ? from : t`${from} to ${to}`;
}

await show();
document.getElementById(location.hash.slice(1))?.scrollIntoView();
