// What is to be done about a series, by whom and until when, and what came of it.

import { get, post } from "./api.js";
import { ask } from "./ask.js";
import { el, say } from "./dom.js";
import { t } from "./words.js";

const STATES = ["open", "under way", "waiting", "done"];
const OUTCOMES = ["located", "identified", "safeguarded", "ruled out", "nothing found"];

export async function leads(series, may, clues, shown) {
  const found = await get(`/leads?series=${series}`);
  if (!found.length && !may("decide")) return null;
  const record = async (path, body, done) => {
    try {
      await post(path, body);
      say(done);
      await shown();
    } catch (error) { say(error.message, true); }
  };
  return el("section", { id: "leads" },
    el("h2", {}, t`Leads`),
    el("p", { class: "hint" }, t`What is to be done to find this child, by whom, and what came of it.`),
    found.map((one) => lead(one, may, record)),
    may("decide") ? another(series, clues, record) : null);
}

function lead(one, may, record) {
  const rows = [
    [t`It may lead to`, el("bdi", {}, one.hypothesis)],
    one.clue ? [t`From the clue`, el("a", { href: `/clues/${one.clue}` }, one.clue.slice(0, 12))] : null,
    [t`Who does it`, one.owner ? el("bdi", {}, one.owner) : t`nobody yet`],
    one.due ? [t`Until`, one.due] : null,
    one.outcome ? [t`Outcome`, one.outcome] : null,
    ...one.notes.map((note) => [t`Note`, el("bdi", {}, note)]),
  ];
  return el("article", { class: "card lead", "data-lead": one.id },
    el("div", { class: "head" }, el("h3", {}, el("bdi", {}, one.task)), el("span", { class: "grow" }), el("p", { class: "status" }, one.state)),
    el("dl", { class: "facts-list" }, rows.filter(Boolean).flatMap(([title, value]) => [el("dt", {}, title), el("dd", {}, value)])),
    may("decide") ? acts(one, record) : null);
}

function acts(one, record) {
  const tell = (field, value, title) => async () => {
    const why = await ask(title(), t`Record`);
    if (why !== null) await record(`/leads/${one.id}/told`, { field, value: value(why), why: field === "note" ? "" : why }, t`Recorded.`);
  };
  const choice = (name, values, now) => el("select", { "aria-label": name }, values.map((value) => el("option", { selected: value === now }, value)));
  const state = choice(t`State`, STATES, one.state), outcome = choice(t`Outcome`, OUTCOMES, one.outcome);
  const owner = el("input", { "aria-label": t`Who does it`, placeholder: t`who does it`, maxlength: 200, value: one.owner });
  const button = (words, onclick) => el("button", { type: "button", class: "quiet", onclick }, words);
  return el("p", { class: "acts" },
    owner, button(t`Set who`, tell("owner", () => owner.value, () => t`${owner.value} does it`)),
    state, button(t`Set state`, tell("state", () => state.value, () => t`This lead is ${state.value}`)),
    outcome, button(t`Set outcome`, tell("outcome", () => outcome.value, () => t`What came of it: ${outcome.value}`)),
    button(t`Add a note`, tell("note", (why) => why, () => t`A note`)));
}

function another(series, clues, record) {
  const field = (name, words, attributes = {}) => el("label", {}, words, el("input", { name, maxlength: 2000, ...attributes }));
  const form = el("form", { class: "row", id: "new-lead" },
    field("task", t`What is to be done `, { required: true }), field("why", t`What it may lead to `, { required: true }),
    field("owner", t`Who does it `, { maxlength: 200 }), field("due", t`Until `, { type: "date" }),
    clues.length ? el("label", {}, t`From the clue `, el("select", { name: "clue" }, el("option", { value: "" }, t`none`), clues.map((one) => el("option", { value: one }, one.slice(0, 12))))) : null,
    el("button", { type: "submit" }, t`Add a lead`));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    record("/leads", { series, ...Object.fromEntries(new FormData(form)) }, t`Added.`);
  });
  return el("details", {}, el("summary", {}, t`Add a lead`), form);
}
