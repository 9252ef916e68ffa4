// Handing what is in hand to somebody else.

import { get, post } from "./api.js";
import { el, plural, say } from "./dom.js";
import { t } from "./words.js";

export async function handing(count) {
  const me = await get("/session");
  if (!count || !me.may.includes("grade")) return [];
  const names = await get("/work/colleagues");
  if (!names.length) return [];
  const to = el("select", { name: "to" }, names.map((name) => el("option", {}, name)));
  const note = el("input", { name: "note", required: true, maxlength: "2000" });
  const form = el("form", { id: "hand", class: "row" },
    el("label", {}, t`To `, to), el("label", {}, t`What they need to know `, note), el("button", { type: "submit" }, t`Hand over`));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    try {
      const { stacks } = await post("/work/hand-over", { to: to.value, note: note.value });
      form.replaceChildren(el("p", {}, t`${plural(stacks, "stack")} handed to ${to.value}.`));
    } catch (error) { say(error.message, true); }
  });
  return [el("h2", {}, t`Hand over`), el("p", { class: "hint" }, t`What you have in hand and have not decided: ${plural(count, "stack")}.`), form];
}
