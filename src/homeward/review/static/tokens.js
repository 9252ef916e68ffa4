// Tokens for programs.

import { call, get, post } from "./api.js";
import { el, say, table } from "./dom.js";
import { t } from "./words.js";

const place = document.getElementById("tokens");
const form = document.getElementById("token");

async function revoke(one) {
  try {
    await call("DELETE", `/me/tokens/${one.key}`);
    say(t`Revoked.`);
  } catch (error) { say(error.message, true); }
  await show();
}

function line(one) {
  const over = one.revoked ? "revoked" : new Date(one.expires) < new Date() ? "over" : "";
  return [one.purpose, one.scopes.join(", "), one.expires.slice(0, 10), over || el("button", { type: "button", class: "quiet", onclick: () => revoke(one) }, t`Revoke`)];
}

async function show(made = null) {
  const rows = (await get("/me/tokens")).map(line);
  place.replaceChildren(
    ...(made ? [el("p", { role: "status" }, t`Copy it now, it is shown this once: `, el("code", { id: "word" }, made.word))] : []),
    ...(rows.length ? [table([[t`For`], [t`May`], [t`Until`], [""]], rows)] : []));
  place.removeAttribute("aria-busy");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const scopes = [...form.querySelectorAll("[name=scopes]:checked")].map((one) => one.value);
  try {
    await show(await post("/me/tokens", { purpose: form.elements.purpose.value, days: Number(form.elements.days.value), scopes }));
    form.reset();
  } catch (error) { say(error.message, true); }
});

await show();
