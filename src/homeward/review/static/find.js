// The form of a question: its parts stand in the address, and a question can be kept under a name.

import { call, get, post } from "./api.js";
import { el, say } from "./dom.js";
import { address } from "./figures.js";
import { t } from "./words.js";

export const FIND = "find:";
const MOST = 24 << 20;

export class Finder {
  // ask: opens the list of a question.
  constructor(form, ask) {
    Object.assign(this, { form, ask, query: "" });
    const fields = form.elements;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit();
    });
    fields.namedItem("clear").addEventListener("click", () => { form.reset(); this.fill(""); fields.namedItem("text").focus(); });
    fields.namedItem("kept").addEventListener("change", (event) => { if (event.target.value) ask(event.target.value); });
    fields.namedItem("keep").addEventListener("click", () => this.#keep(fields.namedItem("name").value, this.#read()));
    fields.namedItem("forget").addEventListener("click", () => {
      const chosen = fields.namedItem("kept").selectedOptions[0];
      if (chosen?.value) this.#keep(chosen.textContent, "");
    });
    this.#choices(get("/find/choices"));
  }

  // Shows a question that was asked, by whichever way it came.
  fill(query) {
    this.query = query;
    const asked = new URLSearchParams(query);
    for (const field of this.#fields()) field.value = asked.get(field.name) ?? "";
    this.about = Object.fromEntries(["like", "by", "time", "box", "asked"].filter((key) => asked.has(key)).map((key) => [key, asked.get(key)]));
    const chip = this.form.querySelector("#about");
    chip.hidden = !this.about.like && !this.about.asked;
    const what = this.about.by === "place" ? t`the place` : t`the thing`;
    chip.replaceChildren(
      this.about.like ? el("a", { href: address(this.about.like, Number(this.about.time ?? -1), this.about.box?.split(",")) }, t`${what} in ${this.about.box ? t`a box of ` : ""}${this.about.like.slice(0, 12)}`) : t`like the picture handed over`,
      " ", el("button", { type: "button", class: "quiet", "aria-label": t`Without this picture`, onclick: () => { this.about = {}; chip.hidden = true; } }, "×"));
  }

  #fields() { return [...this.form.elements].filter((field) => field.dataset.part !== undefined); }

  #read() {
    const asked = new URLSearchParams(this.about);
    for (const field of this.#fields()) if (field.value.trim()) asked.set(field.name, field.value.trim());
    return asked.toString();
  }

  async #submit() {
    const file = this.form.elements.namedItem("picture");
    try {
      if (file.files.length) {
        this.about = { asked: await this.#hand(file.files[0]) };
        file.value = "";
      }
      await this.ask(this.#read());
    } catch (error) { say(error.message, true); }
  }

  async #hand(file) {
    if (file.size > MOST) throw new Error(t`a picture that is asked with has at most ${MOST >> 20} MB`);
    say(t`Measuring the picture …`);
    const answer = await call("POST", `/find/pictures?by=${this.form.elements.namedItem("way").value}`, undefined, { body: file });
    return (await answer.json()).asked;
  }

  async #keep(name, query) {
    if (!name.trim()) return say(t`Give it a name first.`, true);
    await this.#choices(post("/find/kept", { name, query }));
    say(query ? t`Kept.` : t`Kept no more.`);
    this.form.elements.namedItem("name").value = "";
  }

  async #choices(asking) {
    try {
      const { lists, kept } = await asking;
      const fields = this.form.elements, list = fields.namedItem("list"), chosen = list.value;
      list.replaceChildren(el("option", { value: "" }, t`any list, or none`), ...lists.map((one) => el("option", {}, one)));
      list.value = chosen || (new URLSearchParams(this.query).get("list") ?? "");
      fields.namedItem("kept").replaceChildren(el("option", { value: "" }, kept.length ? t`your searches` : t`no search is kept`), ...kept.map((one) => el("option", { value: one.query }, one.name)));
    } catch (error) { say(error.message, true); }
  }
}
