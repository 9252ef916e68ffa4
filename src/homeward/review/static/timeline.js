// When the pictures of each series were taken, on one scale of time; what lies between two stretches is a gap.

import { el, plural } from "./dom.js";
import { t } from "./words.js";

const YEAR = 365.25 * 86400e3;
const time = (day) => Date.parse(`${day}T00:00:00Z`);

export function timeline(rows) {
  const dated = rows.filter((row) => row.stretches.length);
  if (!dated.length) return el("p", { class: "soft" }, t`No picture of a series says when it was taken.`);
  const days = dated.flatMap((row) => [row.stretches[0].from, row.stretches.at(-1).to]).map(time);
  const first = new Date(Math.min(...days)).getUTCFullYear(), last = new Date(Math.max(...days)).getUTCFullYear() + 1;
  const [begin, end] = [Date.UTC(first), Date.UTC(last)];
  const share = (at) => `${(100 * (at - begin)) / (end - begin)}%`;
  const undated = rows.length - dated.length;
  return el("div", { class: "times" },
    axis(first, last, share),
    dated.map((row) => line(row, share)),
    undated ? el("p", { class: "soft" }, t`${plural(undated, "series", "series")} more say nothing of time.`) : null);
}

function axis(first, last, share) {
  const step = Math.max(1, Math.ceil((last - first) / 8)), marks = [];
  for (let year = first; year < last; year += step) {
    const mark = el("span", {}, String(year));
    mark.style.left = share(Date.UTC(year));
    marks.push(mark);
  }
  return el("div", { class: "time" }, el("span", { class: "soft" }, t`Series`), el("div", { class: "track axis", "aria-hidden": "true" }, marks));
}

function line(row, share) {
  const bars = row.stretches.map((one) => {
    const what = `${one.from === one.to ? one.from : t`${one.from} to ${one.to}`}: ${plural(one.items, "picture")}`;
    const bar = el("a", { href: `/find?series=${row.id}&since=${one.from}&until=${one.to}`, title: what, "aria-label": t`Series ${row.id}, ${what}` });
    bar.style.left = share(time(one.from));
    bar.style.width = `calc(${share(time(one.to) + 86400e3)} - ${share(time(one.from))})`;
    return bar;
  });
  const gaps = row.stretches.slice(1).map((one, at) => ({ from: time(row.stretches[at].to), to: time(one.from) })).filter((gap) => gap.to - gap.from > YEAR / 2);
  const words = gaps.map((gap) => {
    const said = el("span", { class: "gap" }, gap.to - gap.from > YEAR ? plural(Math.round((10 * (gap.to - gap.from)) / YEAR) / 10, "year") : "months");
    said.style.left = share((gap.from + gap.to) / 2);
    return said;
  });
  return el("div", { class: "time" },
    el("span", {}, el("a", { href: `/series/${row.id}` }, row.id), el("span", { class: "soft" }, ` ${row.status}${row.undated ? t`, ${row.undated} undated` : ""}`)),
    el("div", { class: "track" }, bars, words));
}
