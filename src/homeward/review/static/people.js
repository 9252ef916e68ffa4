// Who may come in, and what they may do.

import { call, get, post } from "./api.js";
import { el, say, table } from "./dom.js";
import { t } from "./words.js";

const ROLES = ["viewer", "analyst", "lead", "auditor", "administrator"];
const place = document.getElementById("people");
const form = document.getElementById("add");
const me = await get("/session");

async function change(one, what, said) {
  try {
    await call("PATCH", `/people/${one.key}`, what);
    say(said);
  } catch (error) { say(error.message, true); }
  await show();
}

function line(one) {
  const own = one.name === me.name;
  const role = el("select", { "aria-label": t`Role of ${one.name}`, disabled: own, onchange: () => change(one, { role: role.value }, t`${one.name} is ${role.value} now.`) },
    ROLES.map((name) => el("option", { selected: name === one.role }, name)));
  const lock = el("button", { type: "button", class: "quiet", onclick: () => change(one, { locked: !one.locked }, t`${one.name} is ${one.locked ? t`let in again` : t`locked out`}.`) }, one.locked ? t`Let in again` : t`Lock out`);
  const codes = el("button", { type: "button", class: "quiet", onclick: () => change(one, { second: false }, t`${one.name} comes in with the password alone.`) }, t`Take codes away`);
  const by = one.locked ? t`locked out` : one.second ? t`password and code` : one.password ? "password" : "link";
  return [one.name, role, by, own ? el("span", { class: "soft" }, "you") : el("span", { class: "acts" }, lock, one.second ? codes : null)];
}

async function show() {
  try {
    place.replaceChildren(table([[t`Name`], [t`Role`], [t`Comes in by`], [""]], (await get("/people")).map(line)));
  } catch (error) { say(error.message, true); }
  place.removeAttribute("aria-busy");
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { name, role, password } = form.elements;
  try {
    await post("/people", { name: name.value, role: role.value, password: password.value });
    say(t`${name.value} is let in.`);
    form.reset();
  } catch (error) { say(error.message, true); }
  await show();
});

await show();
