// What is open here is in one's hands: nobody else is given it, and whoever opens it too is told.

import { call, post } from "./api.js";
import { el } from "./dom.js";
import { t } from "./words.js";

const AGAIN = 5 * 60_000; // what is worked on is held longer from time to time
let held = null, last = 0;

// The first `most` of some work that nobody else has: what is in hand now, and who has what of the rest.
export async function take(kind, names, most = 1) {
  if (held) {
    const gone = held.names.filter((name) => held.kind !== kind || !names.includes(name));
    if (gone.length) await post("/work/leave", { kind: held.kind, names: gone });
  }
  held = { kind, names: names.slice(0, 500) }; // who leaves before the answer lets go all the same
  if (!names.length) return { mine: [], others: {} };
  const found = await post("/work/take", { kind, names, most });
  held = { kind, names: found.mine };
  last = Date.now();
  return found;
}

const again = () => {
  if (!held?.names.length || !last || Date.now() - last < AGAIN) return;
  last = Date.now();
  call("POST", "/work/take", { ...held, most: held.names.length }).catch(() => {}); // the next thing that is asked says what is wrong
};
for (const kind of ["keydown", "pointerdown"]) addEventListener(kind, again, { passive: true });
addEventListener("pagehide", () => { if (held?.names.length) call("POST", "/work/leave", held, { keepalive: true }).catch(() => {}); });
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

// What stands on a page that somebody else has in hand; nothing where nobody has.
export function elsewhere(found) {
  const [who] = Object.values(found.others);
  return who === undefined ? null : el("p", { class: "taken", role: "status" }, t`${who} has this in hand. Read on; decisions wait until they let go of it.`);
}
