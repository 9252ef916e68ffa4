// The first page: what there is to do.

import { get } from "./api.js";
import { el, plural, say } from "./dom.js";
import { handing } from "./hand.js";
import { strength } from "./pair.js";
import { t } from "./words.js";

const place = document.getElementById("queues");
const points = (number) => plural(Number(number.toFixed(1)), "point");
const QUEUES = {
  "known series": [t`Known series with new files`, t`A list knows them, their victim is not identified, and there is new material.`, (to) => `/series/${to}`, points],
  unknown: [t`Unknown stacks`, t`No list names them and nobody has decided; the most urgent come first.`, null, String],
  yours: [t`In your hands`, t`What you have on your list, or were handed, and have not decided; nobody else is given it.`, () => "/grid?queue=yours", (number) => plural(number, "stack")],
  opinions: [t`Another opinion`, t`Somebody has spoken of these; say yours without knowing theirs.`, null, String],
  disputed: [t`Opinions differ`, t`Speak with each other, or let somebody else say.`, null, String],
  proposals: [t`Proposals`, t`Pictures that may show one victim; nothing is joined until you accept it. At log10 LR +1 what was found is ten times as likely if they do, at +2 a hundred times.`, () => "/proposals", (number) => t`log10 LR ${strength(number)}`],
  notices: [t`The watch`, t`What is new about other series that are not solved.`, (to) => `/series/${to}`, points],
  clues: [t`Open clues`, t`Things that may lead to a place or a person.`, (to) => `/clues/${to}`, (number) => plural(number, "picture")],
  leads: [t`Leads`, t`What is to be done, by deadline.`, (to) => `/series/${to}#leads`, String],
};
const ALL = { yours: "/grid?queue=yours", unknown: "/grid?queue=unknown", opinions: "/grid?queue=opinions", disputed: "/grid?queue=disputed", proposals: "/proposals", clues: "/clues" };

function queue(one) {
  const [title, sentence, link, unit] = QUEUES[one.name];
  const rows = one.rows.map((row) => el("li", {},
    link ? el("a", { href: link(row.to) }, row.title) : el("span", {}, row.title),
    el("span", { class: "soft detail" }, row.detail),
    row.number === null ? null : el("span", { class: "soft number" }, unit(row.number))));
  return el("section", { class: "card queue", "data-queue": one.name },
    el("h2", {}, ALL[one.name] ? el("a", { href: ALL[one.name] }, title) : title, el("span", { class: "count" }, one.count.toLocaleString("en"))),
    el("p", { class: "hint" }, sentence),
    rows.length ? el("ul", {}, rows) : null,
    one.count > rows.length && rows.length ? el("p", {}, el("button", { type: "button", class: "quiet", onclick: () => show(one.name) }, t`and ${(one.count - rows.length).toLocaleString("en")} more`)) : null,
    one.count === 0 ? el("p", { class: "soft" }, t`Nothing waits here.`) : null,
    one.elsewhere ? el("p", { class: "soft" }, t`${one.elsewhere.toLocaleString("en")} in the hands of others.`) : null);
}

async function show(full = "") {
  try {
    const work = await get(`/queues?full=${encodeURIComponent(full)}`);
    const spared = work.known_or_decided;
    place.replaceChildren(
      el("p", { class: "spared" }, t`Of ${plural(work.stacks, "stack")}, ${spared.toLocaleString("en")} need not be looked at again: ${work.known.toLocaleString("en")} are known, ${work.decided.toLocaleString("en")} are decided.`),
      el("div", { class: "queues" }, work.queues.filter((one) => one.count || one.elsewhere || !["yours", "opinions", "disputed"].includes(one.name)).map(queue)),
      ...(await handing(work.yours)));
  } catch (error) { say(error.message, true); }
  place.removeAttribute("aria-busy");
}

await show();
