// Reports of platforms: those that may be of victims apart and first, all others by urgency, each with its reasons.

import { get, post } from "./api.js";
import { ask } from "./ask.js";
import { el, plural, say } from "./dom.js";
import { fill, onPurpose, purpose } from "./purpose.js";
import { t } from "./words.js";

const place = document.getElementById("reports");
const me = await get("/session");

async function queue() {
  const found = await post("/communities/reports", { purpose: purpose() });
  return [
    section(t`May be of victims`, t`No account is shown, and none of these stands in any ranking.`, found.protected),
    section(t`By urgency`, t`${plural(found.reports, "report")} in all, ${found.handled} handled; ${found.audit} of the last were drawn to be read as if they were urgent.`, found.queue),
  ];
}

const section = (title, sentence, some) => el("section", {}, el("h2", {}, title), el("p", { class: "hint" }, sentence),
  some.length ? el("ol", { class: "plain" }, some.map((one) => el("li", {}, card(one)))) : el("p", { class: "soft" }, t`Nothing waits here.`));

function card(one) {
  const logs = one.logs_until ? t` Logs are kept until ${one.logs_until.slice(0, 10)}.` : "";
  const unseen = one.not_viewed_by_provider ? t` ${one.not_viewed_by_provider} of them were viewed by nobody at the provider: whether they may be opened is a question of law.` : "";
  return el("article", { class: "card report", "aria-label": t`Report ${one.id}` },
    el("div", { class: "head" }, el("h3", {}, `${one.reports[0].provider}, ${plural(one.reports.length, "report")}`), one.audit ? el("p", { class: "status" }, "audit") : null,
      el("span", { class: "soft number" }, plural(one.points, "point"))),
    el("ul", {}, one.why.map((reason) => el("li", {}, `${reason.says} (${reason.points > 0 ? "+" : ""}${reason.points})`))),
    el("p", {}, t`${plural(one.files, "file")}, ${one.known} on lists, ${one.held} in this case.${unseen}${logs}`),
    one.series.length ? el("p", {}, t`Series: `, one.series.map((name) => [el("a", { href: `/series/${name}` }, name.slice(0, 8)), " "]).flat()) : null,
    el("p", { class: "soft" }, one.reports.map((report) => [report.id, report.account, report.incident, report.partial && "partial"].filter(Boolean).join(" · ")).slice(0, 12).join("; ")),
    me.may.includes("decide") ? el("div", { class: "acts" }, el("button", { type: "button", class: "quiet", onclick: () => deal(one) }, t`Dealt with`)) : null);
}

async function deal(one) {
  const why = await ask(t`What was done with ${plural(one.reports.length, "report")} of ${one.reports[0].provider}, or why nothing`, t`Record`);
  if (why === null) return;
  try {
    const { reports } = await post(`/communities/reports/${one.id}`, { purpose: purpose(), why });
    say(reports ? t`Recorded for ${plural(reports, "report")}.` : t`It was so before.`);
    await fill(place, queue);
  } catch (error) { say(error.message, true); }
}

onPurpose(() => fill(place, queue));
