// Boards as captures show them; of one: its members over time, and which board follows it.

import { post } from "./api.js";
import { alluvium } from "./alluvium.js";
import { el, plural, table } from "./dom.js";
import { fill, onPurpose, purpose } from "./purpose.js";
import { t } from "./words.js";

const place = document.getElementById("communities");
const one = el("section", { id: "board", tabindex: "-1" });

const LABELS = {
  continues: t`It continues on one board`, absorbed: t`It was absorbed by a board that had a life of its own`, split: t`It split`,
  merged: t`It merged with another closed board`, dispersed: t`Its members dispersed`, unknown: t`Too few of its members were seen again to tell`,
};
const day = (time) => (time ?? "").slice(0, 10);

const about = (census) => (census ? t`${(census.by === "recapture" ? "" : "≥ ") + census.handles} (${census.low} to ${census.high})` : "");

async function boards() {
  const found = await post("/communities/boards", { purpose: purpose() });
  const rows = found.map((board) => [
    el("button", { type: "button", class: "quiet", onclick: () => open(board) }, named(board)),
    String(board.posts), String(board.handles), about(board.census), day(board.first), day(board.last), String(board.items), String(board.not_captured),
    board.covered.map((window) => t`${window.from} to ${window.to}, ${Math.round(window.completeness * 100)} %`).join("; "),
  ]);
  if (!rows.length) return el("p", { class: "soft" }, t`No capture is held.`);
  return [table([[t`Board`], [t`Posts`, "number"], [t`Handles`, "number"], [t`In all, about`, "number"], [t`First`], [t`Last`], [t`Items of this case`, "number"], [t`Seen only`, "number"], [t`Captured`]], rows), one];
}

async function open(board) {
  one.focus();
  await fill(one, async () => {
    const life = await post("/communities/life", { purpose: purpose(), site: board.site, board: board.board });
    const after = el("div", { id: "after" });
    return [
      el("h2", {}, life.board),
      el("p", { class: "hint" }, t`Where the ${plural(life.members, "member")} ever seen here stood in each period: at the place of most of their posts. Handles that are probably one person count once. Below each period, how much of this board captures hold.`),
      ...alluvium(life), closing(board, after), after,
    ];
  });
}

function closing(board, after) {
  const when = el("input", { type: "date", required: true, value: day(board.last), "aria-label": t`Day` });
  const take = (event) => {
    event.preventDefault();
    closed = [...closed.filter((other) => !same(other, board)), { site: board.site, board: board.board, day: when.value }];
    fill(after, () => followed(after, board));
  };
  return el("form", { class: "acts", onsubmit: take },
    el("label", {}, t`Taken down on `, when), el("button", { class: "quiet" }, t`What follows it`));
}

// Boards that were taken down, as they were said on this page: they are judged together, for they bear on each other.
let closed = [];
const same = (a, b) => a.site === b.site && a.board === b.board;
const named = (board) => (board.board && board.board !== board.site ? `${board.site} / ${board.board}` : board.site);

async function followed(after, board) {
  const boards = closed;
  if (!boards.length) return [];
  const found = await post("/communities/succession", { purpose: purpose(), closed: boards });
  const gone = (at) => () => { closed = boards.filter((_, n) => n !== at); fill(after, () => followed(after, board)); };
  const items = boards.map((one, at) => el("li", {}, t`${named(one)}, taken down on ${one.day} `,
    el("button", { type: "button", class: "quiet", onclick: gone(at), "aria-label": t`Leave ${named(one)} out` }, t`Leave out`)));
  const first = boards.findIndex((one) => same(one, board));
  const order = [...boards.keys()].sort((a, b) => (b === first) - (a === first));
  return [
    el("p", { class: "hint" }, t`Boards that were taken down are judged together, by one rate of false discovery: say of each when it was.`),
    el("ul", {}, items),
    ...order.flatMap((at) => told(found[at])),
  ];
}

function told(found) {
  const declared = new Set(found.successors.map((next) => next.board));
  const rows = found.candidates.map((next) => [
    next.board, String(next.joined), next.expected.toFixed(1), `${Math.round(next.share * 100)} %`, next.p.toPrecision(2), declared.has(next.board) ? t`declared` : "",
  ]);
  return [
    el("h2", {}, t`${found.board}, taken down on ${found.down}`),
    el("p", {}, LABELS[found.label]),
    el("p", { class: "hint" }, t`${plural(found.members, "member")} seen before, ${plural(found.moves, "move")} to boards where they are new.`),
    table([[t`Where its members are new`], [t`Joined`, "number"], [t`Expected`, "number"], [t`Share`, "number"], [t`Chance`, "number"], [""]], rows),
    ...found.circles.map((circle) => el("p", { class: "hint" }, t`A hint: ${circle.members} who answered each other are seen again: ${whereto(circle)}.`)),
  ];
}

const whereto = (circle) => circle.candidates.filter((next) => next.boards.length)
  .map((next) => t`${next.joined} new among ${next.size} on ${next.boards[0].board}`).join("; ") || t`nowhere`;

onPurpose(() => fill(place, boards));
