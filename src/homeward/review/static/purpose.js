// No question without a purpose: asked once for all pages of a tab, and sent with every question.

import { el, say } from "./dom.js";
import { t } from "./words.js";

const form = document.getElementById("purpose");
const text = document.getElementById("purpose-text");
const KEY = "purpose";
text.value = sessionStorage.getItem(KEY) ?? "";

export const purpose = () => text.value.trim();

// Runs ``ask`` and shows what it makes in ``place``; a refusal is said, and what was shown is taken away.
export async function fill(place, ask) {
  place.setAttribute("aria-busy", "true");
  place.replaceChildren(el("p", { class: "soft" }, t`Reading captures …`));
  try {
    place.replaceChildren(...[await ask()].flat().filter(Boolean));
  } catch (error) {
    place.replaceChildren();
    say(error.message, true);
  }
  place.removeAttribute("aria-busy");
}

// What is asked for before the page is ready is shown once it is.
let shown = null;
let asked = false;
form.addEventListener("submit", (event) => {
  event.preventDefault();
  sessionStorage.setItem(KEY, purpose());
  asked = true;
  if (purpose()) shown?.();
});

export function onPurpose(show) {
  shown = show;
  if (asked && purpose()) show();
  text.focus();
}
