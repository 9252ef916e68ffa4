// An alluvial drawing: columns are periods, bands are members who stay or go. What it shows stands below it as a table, too.

import { el, table } from "./dom.js";
import { t } from "./words.js";

const NS = "http://www.w3.org/2000/svg";
const COLUMN = 96, BAR = 14, HEIGHT = 320, TOP = 8, FOOT = 40, GAP = 4;

function shape(name, attributes, ...children) {
  const made = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  made.append(...children);
  return made;
}

const title = (text) => { const made = shape("title", {}); made.textContent = text; return made; };
const words = (x, y, text, kind) => { const made = shape("text", { x, y, class: kind }); made.textContent = text; return made; };

// Where each place of each period begins, and how high a member is.
function laid(life) {
  const scale = (HEIGHT - GAP * life.places.length) / Math.max(life.members, 1);
  const tops = life.periods.map(({ sizes }) => {
    let at = TOP;
    return sizes.map((size) => { const top = at; at += size * scale + (size ? GAP : 0); return top; });
  });
  return { scale, tops };
}

const ribbon = (x0, y0, x1, y1, height) => {
  const middle = (x0 + x1) / 2;
  return `M${x0} ${y0}C${middle} ${y0} ${middle} ${y1} ${x1} ${y1}V${y1 + height}C${middle} ${y1 + height} ${middle} ${y0 + height} ${x0} ${y0 + height}Z`;
};

function ribbons(life, { scale, tops }) {
  const place = new Map(life.places.map((name, at) => [name, at]));
  const out = tops.map((some) => [...some]), into = tops.map((some) => [...some]);
  return life.flows.map((flow) => ({ ...flow, start: place.get(flow.from), end: place.get(flow.to) }))
    .sort((a, b) => a.period - b.period || a.start - b.start || a.end - b.end)
    .map(({ period, start, end, from, to, members }) => {
      const height = members * scale;
      const made = shape("path", {
        class: `flow place-${kind(life, start === end ? start : end)}${start === end ? " stays" : ""}`,
        d: ribbon(period * COLUMN + BAR, out[period][start], (period + 1) * COLUMN, into[period + 1][end], height),
      }, title(t`${life.periods[period].from} to ${life.periods[period + 1].to}: ${members} from ${from} to ${to}`));
      out[period][start] += height;
      into[period + 1][end] += height;
      return made;
    });
}

const kind = (life, at) => (at >= life.places.length - 2 ? ["elsewhere", "unseen"][at - life.places.length + 2] : at);

function bars(life, { scale, tops }) {
  return life.periods.flatMap((period, column) => [
    ...life.places.flatMap((name, at) => (period.sizes[at] ? [shape("rect", {
      x: column * COLUMN, y: tops[column][at], width: BAR, height: Math.max(period.sizes[at] * scale, 1), class: `bar-${kind(life, at)}`,
    }, title(t`${name}, ${period.from} to ${period.to}: ${period.sizes[at]} of ${life.members}`))] : [])),
    words(column * COLUMN, TOP + HEIGHT + 16, period.from.slice(0, 7), "label"),
    words(column * COLUMN, TOP + HEIGHT + 32, `${Math.round(period.covered * 100)} % held`, period.covered ? "label" : "label none"),
  ]);
}

export function alluvium(life) {
  const at = laid(life);
  const width = Math.max((life.periods.length - 1) * COLUMN + BAR, BAR) + 60;
  const drawn = shape("svg", {
    viewBox: `0 0 ${width} ${TOP + HEIGHT + FOOT}`, width, height: TOP + HEIGHT + FOOT, role: "img",
    "aria-label": t`Where the ${life.members} members of ${life.board} were seen, by period; the table below says the same`,
  }, ...ribbons(life, at), ...bars(life, at));
  const legend = life.places.map((name, place) => el("li", {}, el("span", { class: `swatch swatch-${kind(life, place)}` }), name));
  const rows = life.flows.filter((flow) => flow.from !== flow.to).sort((a, b) => b.members - a.members)
    .map((flow) => [life.periods[flow.period + 1].from, flow.from, flow.to, String(flow.members)]);
  return [
    el("ul", { class: "legend plain" }, legend),
    el("div", { class: "drawing", tabindex: "0", role: "group", "aria-label": t`Drawing; scroll with the arrow keys` }, drawn),
    el("details", {}, el("summary", {}, t`All ${rows.length} moves as a table`), table([[t`Period from`], [t`From`], [t`To`], [t`Members`, "number"]], rows)),
  ];
}
