// What was done, by whom, newest first.

import { get } from "./api.js";
import { el, say, table } from "./dom.js";
import { t } from "./words.js";

const place = document.getElementById("ledger");
const older = document.getElementById("older");
const LEFT_OUT = new Set(["rows", "sets", "segments", "findings", "people", "manifest", "keys", "jobs", "media", "headers"]);
const rows = [];
let last = null;

const plain = (value) => (typeof value === "object" ? JSON.stringify(value) : String(value));

function line(one) {
  const names = Object.entries(one.names).filter(([field]) => field !== "actor").map(([field, name]) => `${field}: ${name}`);
  const details = Object.entries(one.details).filter(([field]) => !LEFT_OUT.has(field)).map(([field, value]) => `${field} ${plain(value)}`);
  return [String(one.number), one.when.slice(0, 19).replace("T", " "), names.join(", ") || one.names.actor, one.says, el("span", { class: "soft" }, details.join(", ").slice(0, 400))];
}

async function more() {
  try {
    const found = await get(`/ledger${last === null ? "" : `?before=${last}`}`);
    rows.push(...found.map(line));
    last = found.length ? found.at(-1).number : 0;
    place.replaceChildren(table([[t`No.`, "number"], [t`When (UTC)`], [t`Who`], [t`What`], [t`Details`]], rows));
    older.hidden = last === 0;
  } catch (error) { say(error.message, true); }
  place.removeAttribute("aria-busy");
}

older.addEventListener("click", more);
await more();
