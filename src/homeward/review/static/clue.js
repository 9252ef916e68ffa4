// One clue: where it is seen, where else it may be, what was decided, and by whom.

import { get, post } from "./api.js";
import { ask } from "./ask.js";
import { el, plural, say, table } from "./dom.js";
import { elsewhere } from "./elsewhere.js";
import { figure } from "./figures.js";
import { elsewhere as others, take } from "./held.js";
import { t } from "./words.js";

const STATUSES = ["open", "traced", "too common", "dead"];
const place = document.getElementById("clue");
const name = place.dataset.name;
const me = await get("/session");
let taken = null; // what is said where somebody else has it in hand
const may = (permission) => me.may.includes(permission) && !(taken && permission === "decide");

async function show() {
  try {
    const found = await get(`/clues/${name}`);
    taken = others(await take("clue", [found.id]));
    place.replaceChildren(...[head(found), taken, facts(found), sightings(found), also(found), answers(found), decided(found)].filter(Boolean));
  } catch (error) { place.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message)); }
  place.removeAttribute("aria-busy");
}

async function record(path, body, done) {
  try {
    await post(`/clues/${name}${path}`, body);
    say(done);
    await show();
  } catch (error) { say(error.message, true); }
}

function head(found) {
  return el("div", { class: "head" },
    el("div", {},
      el("h1", {}, el("bdi", {}, found.kind === "region" ? t`A thing in a picture` : found.value)),
      el("p", { class: "hint" }, t`A clue of the kind ${found.kind}, seen in ${plural(found.pictures, "picture")}: something that may lead to a place or a person.`)),
    el("span", { class: "grow" }),
    el("p", { class: "status" }, found.status + (found.disputed ? ", disputed" : "")));
}

function facts(found) {
  const rows = [
    found.why ? [t`Decided`, found.why] : null,
    found.owners.length ? [t`Works on it`, found.owners.join(", ")] : null,
    found.common ? [t`How common`, common(found.common)] : null,
    found.same_thing.length ? [t`The same thing`, found.same_thing.map((one) => el("a", { href: `/clues/${one.id}` }, `${one.id.slice(0, 12)} (${one.status}) `))] : null,
    ...found.searched.map((one) => [t`Searched`, `${one.where}: ${one.outcome} (${one.agency}, ${one.when.slice(0, 10)})`]),
    ...found.rarity.map((one) => [t`Rarity`, t`${one.seen} of ${one.of} ${one.where} (${one.agency})`]),
    ...found.notes.map((note) => [t`Note`, el("bdi", {}, note)]),
  ];
  return el("section", { class: "card" },
    rows.every((row) => row === null) ? null : el("dl", { class: "facts-list" }, rows.filter(Boolean).flatMap(([title, value]) => [el("dt", {}, title), el("dd", {}, value)])),
    may("decide") ? acts(found) : null);
}

function common(how) {
  const here = t`${plural(how.others - how.elsewhere, "other group")} of pictures, of ${plural(how.groups, "camera")} looked through`;
  return how.looked ? t`${here}; ${how.elsewhere} of ${plural(how.looked, "place")} of background collections` : here;
}

function acts(found) {
  const status = el("select", { "aria-label": t`Status` }, STATUSES.map((one) => el("option", { selected: one === found.status }, one)));
  const owner = el("input", { "aria-label": t`Who works on it`, placeholder: t`who works on it`, maxlength: 200, value: found.owners[0] ?? "" });
  const act = (title, verb, field, value, done) => async () => {
    const why = await ask(title(), verb);
    if (why !== null) await record("/told", { field, value: value(), why }, done);
  };
  return el("p", { class: "acts" },
    status, el("button", { type: "button", class: "quiet", id: "set-status", onclick: act(() => t`This clue is ${status.value}`, t`Record`, "status", () => status.value, t`Recorded.`) }, t`Set status`),
    owner, el("button", { type: "button", class: "quiet", onclick: act(() => (owner.value.trim() ? t`${owner.value.trim()} works on it` : t`Nobody works on it`), t`Record`, "owner", () => owner.value.trim(), t`Recorded.`) }, t`Set who`),
    el("button", { type: "button", class: "quiet", onclick: act(() => "A note", t`Keep`, "note", () => "", t`Kept.`) }, t`Add a note`));
}

const placed = (one) => ({ sha256: one.picture, time: one.time, veil_box: one.veil_box, paths: one.paths });

function sightings(found) {
  return el("section", {}, el("h2", {}, t`Seen here`),
    el("div", { class: "sights" }, found.sightings.map((one) => figure(placed(one), [one.proposed ? t`proposed, nobody has said so` : "", t`by ${one.by.join(", ")}`], one.proposed ? here(placed(one)) : null))));
}

function also(found) {
  if (!found.also.length) return null;
  return el("section", {}, el("h2", {}, t`It may be here too`),
    el("p", { class: "hint" }, t`Software sees it in these pictures, and nobody has said so yet.`),
    el("div", { class: "sights" }, found.also.map((one) => figure(placed(one), [t`by ${one.by}`], here(placed(one))))));
}

// "It is here": what software says becomes what a person says.
function here(one) {
  if (!may("decide") || !one.paths.length) return null;
  const time_ms = one.time === null || one.time === undefined ? -1 : Math.round(one.time * 1000);
  return el("button", { type: "button", class: "quiet", onclick: () => record("/sightings", { picture: one.sha256, time_ms, veil_box: one.veil_box }, t`Recorded.`) }, t`It is here`);
}

function answers(found) {
  const first = found.sightings.find((one) => one.here && one.veil_box);
  if (!first) return null;
  const list = el("section", { id: "answers", "aria-live": "polite" });
  const question = { picture: first.picture, time_ms: first.time_ms, veil_box: first.veil_box };
  const told = new Set(found.sightings.map((one) => one.picture));
  const button = (by, words) => el("button", { type: "button", class: "quiet", onclick: () => elsewhere(list, { ...question, by }, (row) => (told.has(row.sha256) ? null : here(row))) }, words);
  return el("section", {}, el("p", { class: "acts" }, button("object", t`Where else is this thing?`), button("place", t`Where else is this place?`)), list);
}

function decided(found) {
  const words = { sight: t`is seen`, status: "is", owner: t`is worked on by`, note: t`note`, search: t`searched`, rarity: t`counted`, undo: t`taken back` };
  const undo = (one) => async () => {
    const why = await ask(t`Take this back`, t`Take back`);
    if (why !== null) await record(`/events/${one.event}/undo`, { why }, t`Taken back.`);
  };
  const rows = [...found.history].reverse().map((one) => [
    one.when.slice(0, 16).replace("T", " "), one.who || one.agency,
    `${words[one.act]} ${one.status || one.owner || one.where || (one.act === "sight" ? t`in ${one.picture.slice(0, 12)}` : "")}${one.taken_back ? t` (taken back)` : ""}`,
    el("bdi", {}, one.why),
    may("decide") && !one.taken_back && one.act !== "undo" ? el("button", { type: "button", class: "quiet", onclick: undo(one) }, t`Take back`) : "",
  ]);
  return el("section", {}, el("h2", {}, t`Said about it`), table([[t`When`], [t`Who`], [t`What`], [t`Why`], [""]], rows));
}

await show();
