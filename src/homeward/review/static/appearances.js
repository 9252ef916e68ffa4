// Over which boards a series went, as a line for each board, and who was first observed with it here.

import { post } from "./api.js";
import { el, plural, table } from "./dom.js";
import { fill, onPurpose, purpose } from "./purpose.js";
import { t } from "./words.js";

const place = document.getElementById("appearances");
const only = new URLSearchParams(location.search).get("series") ?? "";
const NS = "http://www.w3.org/2000/svg";
const WIDTH = 560, ROW = 22, NAME = 200;

const day = (time) => time.slice(0, 10);

async function told() {
  const found = await post("/communities/appearances", { purpose: purpose(), series: only });
  if (!found.length) return el("p", { class: "soft" }, t`No capture that is held shows a file of a series.`);
  return found.map((one) => el("article", { class: "card appearance" },
    el("h2", {}, el("a", { href: `/series/${one.series}` }, t`Series ${one.series.slice(0, 8)}`)),
    el("p", { class: "soft" }, t`${plural(one.files, "file")} on ${plural(one.boards.length, "board")}`),
    lines(one), candidates(one)));
}

// From the first to the last time that each board showed it; the first board is above.
function lines(one) {
  const at = (time) => Date.parse(time);
  const [low, high] = [Math.min(...one.boards.map((b) => at(b.first))), Math.max(...one.boards.map((b) => at(b.last)))];
  const x = (time) => NAME + 8 + (high > low ? ((at(time) - low) / (high - low)) * (WIDTH - NAME - 24) : 0);
  const shape = (name, attributes, text) => {
    const made = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    if (text) made.textContent = text;
    return made;
  };
  const drawn = shape("svg", { viewBox: `0 0 ${WIDTH} ${one.boards.length * ROW}`, width: WIDTH, height: one.boards.length * ROW, role: "img", "aria-label": t`When each board showed it; the list below says the same` });
  one.boards.forEach((board, row) => {
    const y = row * ROW + ROW / 2;
    drawn.append(
      shape("text", { x: 0, y: y + 4, class: "label" }, board.board.slice(0, 30)),
      shape("line", { x1: x(board.first), x2: Math.max(x(board.last), x(board.first) + 1), y1: y, y2: y, class: "span" }),
      shape("circle", { cx: x(board.first), cy: y, r: 4, class: row ? "later" : "first" }));
  });
  const rows = one.boards.map((board) => [board.board, day(board.first), day(board.last), String(board.shown)]);
  return el("div", {}, el("div", { class: "drawing" }, drawn), table([[t`Board`], [t`First`], [t`Last`], [t`Times shown`, "number"]], rows));
}

function candidates(one) {
  const rows = [[t`a source that was never seen, or is protected`, one.unseen_source.toFixed(2), "", "", ""],
    ...one.candidates.map((c) => [t`${c.handle.name} at ${c.handle.site}`, c.probability.toFixed(2), day(c.first_observed_here), `${Math.round(c.watched * 100)} %`, String(c.files)])];
  return el("details", {}, el("summary", {}, t`First observed here`),
    table([[t`Who`], [t`Probability`, "number"], [t`First seen`], [t`Board watched before`, "number"], [t`Files`, "number"]], rows));
}

onPurpose(() => fill(place, told));
