// What leaves by two people.

import { call, get, post } from "./api.js";
import { el, say, table } from "./dom.js";
import { t } from "./words.js";

const place = document.getElementById("releases");
const form = document.getElementById("propose");

async function act(doing, said) {
  try {
    await doing();
    say(said);
  } catch (error) { say(error.message, true); }
  await show();
}

async function fetchFile(one) {
  const answer = await call("POST", `/releases/${one.number}/file`);
  const name = answer.headers.get("Content-Disposition").match(/filename="([^"]+)"/)[1];
  const address = URL.createObjectURL(await answer.blob());
  el("a", { href: address, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(address), 60000);
}

function next(one) {
  if (one.left) return "left";
  if (!one.agreed_by) {
    if (one.mine) return t`waits for somebody else`;
    return el("button", { type: "button", onclick: () => act(() => post(`/releases/${one.number}/agree`), t`Agreed.`) }, t`Agree`);
  }
  if (!one.file) return t`agreed: homeward export takes it to the partner`;
  return one.ours ? el("button", { type: "button", onclick: () => act(() => fetchFile(one), t`It has left; the ledger says so.`) }, t`Fetch`) : "agreed";
}

async function show() {
  try {
    const rows = (await get("/releases")).map((one) => [String(one.number), one.when.slice(0, 16).replace("T", " "), one.what, one.to, one.reason, one.proposed_by, one.agreed_by, next(one)]);
    const columns = [[t`No.`, "number"], [t`When (UTC)`], [t`What`], [t`For`], [t`Why`], [t`Proposed by`], [t`Agreed by`], [""]];
    place.replaceChildren(rows.length ? table(columns, rows) : el("p", { class: "soft" }, t`Nothing was proposed yet.`));
  } catch (error) { say(error.message, true); }
  place.removeAttribute("aria-busy");
}

form.addEventListener("submit", (event) => {
  event.preventDefault();
  const { format, to, reason } = form.elements;
  act(async () => {
    await post("/releases", { format: format.value, to: to.value, reason: reason.value });
    form.reset();
  }, t`Proposed: somebody else has to agree.`);
});

await show();
