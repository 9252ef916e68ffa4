// The grid of veils: one list at a time, driven by the keyboard.

import { get, post } from "./api.js";
import { Chosen } from "./chosen.js";
import { el, plural, say } from "./dom.js";
import { showFacts } from "./facts.js";
import { FIND, Finder } from "./find.js";
import { address as picture } from "./figures.js";
import { listKeys, named } from "./keys.js";
import { Painter } from "./painter.js";
import { middle, Reveal } from "./reveal.js";
import { IN_PART, IN_SERIES, KNOWN, TAKEN, Tiles, VIDEO } from "./tiles.js";
import { heard, t } from "./words.js";

const part = (id) => document.getElementById(id);
const stage = part("stage");
const chosen = new Chosen();
const EMPTY = { unknown: t`Nothing is left to decide here.`, [FIND]: t`Say above what you look for; everything that you say has to hold.` };
let grid = null, tiles = null, queue = "", working = Promise.resolve();

// The list that the address names is asked for beside who asks, and not after it; what a question finds may take long.
const before = history.state, first = new URLSearchParams(location.search).get("queue") ?? "unknown";
const early = location.pathname === "/find" || before?.queue === first ? null : post("/grids", { queue: first }).catch(() => null);
const [me, begun] = await Promise.all([get("/session"), early]);
const may = (permission) => me.may.includes(permission);
const painter = new Painter(stage, part("scroller"), part("room"), part("tiles"), {
  tiles: () => tiles,
  state: (index) => ({ cursor: index === chosen.cursor, chosen: chosen.has(index) }),
  category: (grade) => grid.categories[grade - 1],
});
const reveal = new Reveal(stage, part("steps"), may, {
  target: () => {
    const tile = tiles?.at(chosen.cursor);
    return tile && { sha256: tile.sha256, time_ms: tile.time, clip: grid.kind === "frames" || tile.flags & VIDEO, ...painter.place(chosen.cursor) };
  },
  lay: (size) => middle(stage, size),
});

const finder = location.pathname === "/find" ? new Finder(part("find"), (query) => goTo(FIND + query)) : null;
part("find").hidden = !finder;
part("queues").hidden = Boolean(finder);

// Lists: what is open stands in the address, and coming back is coming back to the same place.

async function open(asked, at = 0, kept = null) {
  reveal.end();
  if (asked.startsWith(FIND)) finder?.fill(asked.slice(FIND.length));
  stage.setAttribute("aria-busy", "true");
  const arrived = () => { painter.draw(); tell(); };
  if (kept) {
    grid = kept;
    tiles = new Tiles(kept, arrived);
  } else {
    const made = await Tiles.open(asked, arrived).finally(() => stage.removeAttribute("aria-busy"));
    tiles?.forget();
    ({ grid, tiles } = made);
  }
  queue = asked;
  stage.removeAttribute("aria-busy");
  tiles.failed = (error) => (/no longer kept/.test(error.message) ? open(queue, chosen.cursor) : say(error.message, true));
  chosen.reset(Math.max(0, Math.min(at, grid.count - 1)));
  frame();
  painter.show(grid.count);
  painter.goTo(Math.max(0, chosen.cursor - painter.columns));
  painter.reveal(chosen.cursor);
  tell();
  stage.focus({ preventScroll: true });
}

function frame() {
  const inside = grid.kind !== "stacks" || queue.includes(":");
  for (const tab of part("queues").children) {
    if (["opinions", "disputed"].includes(tab.dataset.queue)) tab.hidden = grid.opinions < 2;
    tab.dataset.queue === queue ? tab.setAttribute("aria-current", "page") : tab.removeAttribute("aria-current");
  }
  part("back").hidden = !inside;
  part("title").textContent = [
    heard(grid.title), plural(grid.count, grid.kind === "stacks" ? "stack" : "picture"),
    ...(grid.looked ? [t`only the ${grid.looked.toLocaleString("en")} pictures that share most with it were looked at`] : []),
    ...(grid.told ? [t`only the best ${grid.told.toLocaleString("en")} answers`] : []),
  ].join(" · ");
  part("scheme").replaceChildren(...grid.categories.map((one) => {
    const swatch = el("span", { class: "swatch" });
    swatch.style.background = one.colour;
    return el("button", { type: "button", disabled: !may("grade"), title: `${one.name} (${one.key})`, onclick: () => give(one.code, false) }, swatch, el("kbd", {}, one.key), one.name);
  }));
  part("empty").hidden = grid.count > 0;
  part("empty").textContent = EMPTY[queue] ?? t`There is nothing in this list.`;
}

const remember = () => history.replaceState({ queue, at: chosen.cursor, grid }, "", address(queue, chosen.cursor));
function address(name, at) {
  const page = name.startsWith(FIND) ? `/find?${name.slice(FIND.length)}` : `/grid?queue=${encodeURIComponent(name)}`;
  return at ? `${page}${page.endsWith("?") ? "" : "&"}at=${at}` : page;
}

async function goTo(name) {
  remember();
  try {
    await open(name);
    history.pushState({ queue: name, at: 0, grid }, "", address(name, 0));
  } catch (error) { say(error.message, true); }
}

addEventListener("popstate", (event) => { if (event.state?.queue) open(event.state.queue, event.state.at, event.state.grid); });
addEventListener("pagehide", () => { if (grid) remember(); });

// Saying and taking back: one after the other, in the order in which keys were pressed.

function give(code, group) {
  if (!may("grade") || !grid.count) return;
  const stretches = group ? [{ first: chosen.cursor, last: chosen.cursor }] : chosen.stretches();
  const many = chosen.many;
  if (!group && !many) move(chosen.cursor + 1, false);
  const list = tiles;
  working = working.then(async () => {
    const changed = await post(`/grids/${list.id}/grades`, { tiles: stretches, code, group });
    changed.more ? list.forget() : list.mark(changed.tiles);
    const name = grid.categories.find((one) => one.code === code)?.name ?? t`undecided`;
    say(`${plural(changed.items, "picture")}: ${name}`);
    painter.draw();
    tell();
  }).catch((error) => say(error.message, true));
}

function undo() {
  if (!may("grade")) return;
  const list = tiles;
  working = working.then(async () => {
    const changed = await post(`/grids/${list.id}/undo`);
    changed.more ? list.forget() : list.mark(changed.tiles);
    if (changed.tiles.length) move(changed.tiles[0].at, false);
    say(t`Taken back: ${plural(changed.items, "picture")}`);
    painter.draw();
    tell();
  }).catch((error) => say(error.message, true));
}

// Moving.

function move(to, extend) {
  if (!grid.count) return;
  const held = grid.kind === "frames" ? reveal.held : null; // a film is stepped through while a key is held: each step is a look
  reveal.end();
  chosen.move(Math.max(0, Math.min(to, grid.count - 1)), extend);
  painter.reveal(chosen.cursor);
  tell();
  if (held) reveal.begin(held.step, held.by);
}

let telling = 0;
function tell() {
  clearTimeout(telling);
  telling = setTimeout(() => {
    const tile = grid.count ? tiles.at(chosen.cursor) : null;
    if (!tile) return;
    const words = [t`${(chosen.cursor + 1).toLocaleString("en")} of ${grid.count.toLocaleString("en")}`];
    if (tile.time >= 0) words.push(`${(tile.time / 1000).toFixed(1)} s`);
    if (tile.count > 1) words.push(plural(tile.count, "copy", "copies"));
    if (tile.flags & VIDEO) words.push(t`video`);
    if (tile.flags & KNOWN) words.push(t`a list names it`);
    if (tile.flags & TAKEN) words.push(t`somebody else has it in hand`);
    if (tile.flags & IN_SERIES) words.push(t`in a series`);
    const category = grid.categories[tile.grade - 1];
    words.push(category ? category.name + (tile.flags & IN_PART ? t`, in part` : "") : t`undecided`);
    part("here").textContent = words.join(" · ");
    if (grid.ranked) why(words);
    showFacts(part("facts"), grid.kind === "stacks" ? null : tile.sha256, () => painter.measure(), tile.time);
    remember();
  }, 60);
}

function into() {
  const tile = tiles.at(chosen.cursor);
  if (!tile) return;
  if (grid.kind === "stacks") goTo(`stack:${tile.sha256}`);
  else if (grid.kind === "items" && tile.flags & VIDEO) goTo(`frames:${tile.sha256}`);
}

// Why a tile is among the answers of a question.
async function why(words) {
  const at = chosen.cursor, list = grid;
  try {
    const said = (await get(`/grids/${list.id}/words/${at}`)).words;
    if (said && at === chosen.cursor && list === grid) part("here").textContent = [...words, said].join(" · ");
  } catch (error) { say(error.message, true); }
}

function draw() {
  const tile = grid.count ? tiles.at(chosen.cursor) : null;
  if (!tile) return;
  remember();
  location.assign(picture(tile.sha256, tile.time));
}

const out = () => { if (grid.kind !== "stacks" || queue.includes(":")) history.length > 1 ? history.back() : location.assign("/"); };

const ACTS = {
  left: (extend) => move(chosen.cursor - 1, extend),
  right: (extend) => move(chosen.cursor + 1, extend),
  up: (extend) => move(chosen.cursor - painter.columns, extend),
  down: (extend) => move(chosen.cursor + painter.columns, extend),
  pageUp: (extend) => move(chosen.cursor - painter.columns * painter.rows(), extend),
  pageDown: (extend) => move(chosen.cursor + painter.columns * painter.rows(), extend),
  first: (extend) => move(0, extend),
  last: (extend) => move(grid.count - 1, extend),
  open: into, back: out, draw, undo, help: () => listKeys(part("keys"), grid.categories, may),
  clear: () => give("", false),
};

addEventListener("keydown", (event) => {
  if (!grid || event.target.closest("input, textarea, select, dialog")) return;
  if (reveal.down(event)) return event.preventDefault();
  const act = named(event);
  if (act) {
    if (event.repeat && reveal.held) return event.preventDefault();
    if (act === "open" && event.target.closest("a, button")) return;
    ACTS[act](event.shiftKey);
  } else if (/^Digit[1-9]$/.test(event.code) && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    const category = grid.categories.find((one) => one.key === event.code.slice(5));
    if (!category) return;
    give(category.code, event.altKey);
  } else return;
  event.preventDefault();
});
addEventListener("keyup", (event) => reveal.up(event));
part("back").addEventListener("click", out);
part("help").addEventListener("click", ACTS.help);
part("queues").addEventListener("click", (event) => {
  const tab = event.target.closest("a");
  if (!tab || event.ctrlKey || event.metaKey) return;
  event.preventDefault();
  goTo(tab.dataset.queue);
});
part("scroller").addEventListener("click", (event) => {
  const box = stage.getBoundingClientRect();
  const index = painter.under(event.clientX - box.left, event.clientY - box.top);
  if (index < 0) return;
  if (event.ctrlKey || event.metaKey) { chosen.toggle(index); painter.draw(); tell(); } else move(index, event.shiftKey);
  stage.focus({ preventScroll: true });
});
part("scroller").addEventListener("dblclick", into);

const asked = new URLSearchParams(location.search);
try {
  const at = Number(asked.get("at")) || 0;
  asked.delete("at");
  const name = finder ? FIND + asked : first;
  await open(name, at, before?.queue === name ? before.grid : begun);
  remember();
} catch (error) { say(error.message, true); }

