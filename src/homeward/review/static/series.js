// One series: situations in time and what joins them, what is proposed, and everything that was decided.

import { get, post } from "./api.js";
import { ask } from "./ask.js";
import { el, plural, say, table } from "./dom.js";
import { proposal, strength } from "./pair.js";
import { veil } from "./veils.js";

const STATUSES = ["unidentified", "located", "identified", "safeguarded", "known elsewhere"];
const SHOWN = 24;
const place = document.getElementById("series");
const me = await get("/session");
const may = (permission) => me.may.includes(permission);
const chosen = new Set();
let name = place.dataset.name;

async function show() {
  try {
    const found = await get(`/series/${name}`);
    chosen.clear();
    place.replaceChildren(...[head(found), facts(found), timeline(found), proposed(found), held(found), decided(found)].filter(Boolean));
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
      el("h1", {}, `Series ${found.id}`),
      el("p", { class: "hint" }, `One victim, as far as the evidence goes: ${plural(found.items.length, "file")}, ${plural(found.pictures, "picture")}, ${plural(found.cameras.length, "camera")}, ${when(found.first_seen, found.last_seen)}.`)),
    el("span", { class: "grow" }),
    el("p", { class: "status" }, found.status),
    el("a", { class: "button", href: `/grid?queue=series:${found.id}` }, "Pictures"));
}

function facts(found) {
  const rows = [
    ["Priority", el("details", {}, el("summary", {}, String(found.priority)), el("ul", {}, found.why.map((line) => el("li", {}, line))))],
    ["Found in", found.exhibits.join(", ")],
    found.country ? ["Country", `${found.country.name}, ${(found.country.probability * 100).toFixed(0)} %`] : null,
    found.known.length ? ["Known", found.known.map((one) => `${one.list}${one.series ? `: ${one.series}` : ""}`).join("; ")] : null,
    found.age_band ? ["Age band", found.age_band] : null,
    found.contact ? ["Contact", found.contact] : null,
    ["Open clues", String(found.open_clues.length)],
    found.was.length ? ["Was", found.was.join(", ")] : null,
    ...found.notes.map((note) => ["Note", note]),
  ];
  return el("section", { class: "card" },
    el("dl", { class: "facts-list" }, rows.filter(Boolean).flatMap(([title, value]) => [el("dt", {}, title), el("dd", {}, value)])),
    may("decide") ? acts(found) : null);
}

function acts(found) {
  const status = el("select", { "aria-label": "Status" }, STATUSES.map((one) => el("option", { selected: one === found.status }, one)));
  const other = el("input", { "aria-label": "The other series", placeholder: "another series", maxlength: 64 });
  const act = (title, verb, path, body, done) => async () => {
    const why = await ask(title(), verb);
    if (why !== null) await decide(path(), { ...body(), why }, done);
  };
  return el("p", { class: "acts" },
    status, el("button", { type: "button", class: "quiet", onclick: act(() => `The victim is ${status.value}`, "Record", () => `/series/${name}/facts`, () => ({ field: "status", value: status.value }), "Recorded.") }, "Set status"),
    other, el("button", { type: "button", class: "quiet", onclick: act(() => `Series ${other.value} belongs to this one`, "Merge", () => `/series/${name}/merge`, () => ({ other: other.value.trim() }), "Held together.") }, "Merge"),
    el("button", { type: "button", class: "quiet", id: "split", disabled: true, onclick: act(() => `${plural(chosen.size, "picture")} do not belong to this series`, "Take out", () => `/series/${name}/split`, () => ({ pictures: [...chosen] }), "Taken out.") }, "Take chosen out"),
    el("button", { type: "button", class: "quiet", onclick: () => decide(`/series/${name}/seen`, undefined, "Seen.") }, "News seen"));
}

function timeline(found) {
  const carried = new Map();
  for (const one of found.timeline) {
    const late = Math.max(one.from, one.to);
    if (!carried.has(late) || carried.get(late).log10_lr < one.log10_lr) carried.set(late, one);
  }
  return el("section", {},
    el("h2", {}, "Situations"),
    el("p", { class: "hint" }, may("decide") ? "What was made at one time or place, in order. Click veils that do not belong here, then take them out." : "What was made at one time or place, in order."),
    el("ol", { class: "situations" }, found.situations.flatMap((one, at) => [joined(carried.get(at), one, at), situation(one)].filter(Boolean))));
}

function joined(link, one, at) {
  if (!at) return null;
  const gap = one.gap_days === null ? "no time is known" : one.gap_days ? `${plural(one.gap_days, "day")} later` : "at about the same time";
  return el("li", { class: "join soft" }, gap, link ? ` · joined to situation ${Math.min(link.from, link.to) + 1} by ${link.kinds.join(", ")} (log10 LR ${strength(link.log10_lr)}): ${link.reason}` : "");
}

function situation(one) {
  const tiles = one.items.slice(0, SHOWN).map((sha256) => {
    const button = el("button", { type: "button", class: "pick", "aria-pressed": "false", title: sha256, disabled: !may("decide"), onclick: () => pick(button, sha256) }, veil(sha256, `veil of ${sha256.slice(0, 12)}`));
    return button;
  });
  return el("li", { class: "situation" },
    el("p", {}, when(one.first, one.last), el("span", { class: "soft" }, ` · ${plural(one.items.length, "file")}, ${plural(one.cameras.length, "camera")}`)),
    el("div", { class: "strip" }, tiles),
    one.items.length > SHOWN ? el("p", { class: "soft" }, `and ${one.items.length - SHOWN} more`) : null);
}

function pick(button, sha256) {
  if (!chosen.delete(sha256)) chosen.add(sha256);
  button.setAttribute("aria-pressed", String(chosen.has(sha256)));
  const split = document.getElementById("split");
  split.disabled = !chosen.size;
  split.textContent = chosen.size ? `Take ${chosen.size} out` : "Take chosen out";
}

function proposed(found) {
  if (!found.proposed.length) return null;
  return el("section", {}, el("h2", {}, "Proposed"), el("p", { class: "hint" }, "These may belong to it; nothing is joined until you accept."), found.proposed.map((one) => proposal(one, may, show)));
}

function held(found) {
  if (!found.held_by.length) return null;
  const rows = found.held_by.slice(0, 40).map((one) => [
    el("span", { class: "two" }, veil(one.a, `veil of ${one.a.slice(0, 12)}`, { size: "tiny" }), veil(one.b, `veil of ${one.b.slice(0, 12)}`, { size: "tiny" })),
    strength(one.log10_lr), one.reason,
  ]);
  return el("details", { class: "held" }, el("summary", {}, `What holds it together (${found.held_by.length})`), table([["Pictures"], ["log10 LR", "number"], ["Strongest reason"]], rows));
}

function decided(found) {
  if (!found.history.length) return null;
  const undo = (one) => async () => {
    const why = await ask(`Take back: ${one.says}`, "Take back");
    if (why !== null) await decide(`/decisions/${one.event}/undo`, { why }, "Taken back.");
  };
  const rows = found.history.map((one) => [
    one.when.slice(0, 16).replace("T", " "), one.who || one.agency, one.says + (one.taken_back ? " (taken back)" : ""), one.why,
    may("decide") && !one.taken_back && one.act !== "undo" ? el("button", { type: "button", class: "quiet", onclick: undo(one) }, "Take back") : "",
  ]);
  return el("section", {}, el("h2", {}, "Decided"), table([["When"], ["Who"], ["What"], ["Why"], [""]], rows));
}

function when(first, last) {
  if (!first) return "time unknown";
  const [from, to] = [first.slice(0, 10), (last ?? first).slice(0, 10)];
  return from === to ? from : `${from} to ${to}`;
}

await show();
