// Breaks at the pace that somebody sets for themselves. It is kept in this browser alone, and told to nobody.

import { el } from "./dom.js";
import { t } from "./words.js";

const REST = 5 * 60_000, LATER = 10 * 60_000, BEAT = 5000;
const read = (key) => { try { return Number(localStorage.getItem(key)) || 0; } catch { return 0; } };
const write = (key, value) => { try { localStorage.setItem(key, String(value)); } catch { /* then there is no reminder */ } };

export const minutes = () => read("pace.minutes");
export function setMinutes(value) {
  write("pace.minutes", value);
  write("pace.worked", 0);
}

// Time counts while something is pressed or moved now and then; five minutes without is a break.
let moved = Date.now(), shown = null;

export function keepPace() {
  for (const kind of ["keydown", "pointerdown", "pointermove", "wheel"]) addEventListener(kind, () => { moved = Date.now(); }, { passive: true });
  setInterval(beat, BEAT);
}

function beat() {
  const now = Date.now(), last = read("pace.last");
  if (now - moved > BEAT) return;
  if (now - last > REST) write("pace.worked", 0);
  else write("pace.worked", read("pace.worked") + Math.min(now - last, BEAT * 2));
  write("pace.last", now);
  if (minutes() && !shown && read("pace.worked") >= minutes() * 60_000 && now >= read("pace.later")) suggest();
}

function suggest() {
  const worked = Math.max(1, Math.round(read("pace.worked") / 60_000));
  const close = (then) => () => { shown.remove(); shown = null; then(); };
  shown = el("aside", { id: "break", class: "break", role: "status" },
    el("span", {}, t`You have worked for ${worked} min. A break?`),
    el("button", { type: "button", onclick: close(rest) }, t`Yes`),
    el("button", { type: "button", class: "quiet", onclick: close(() => write("pace.later", Date.now() + LATER)) }, t`In ten minutes`));
  document.body.append(shown);
}

// Nothing of the case is on the screen meanwhile.
function rest() {
  write("pace.worked", 0);
  const back = el("button", { type: "button" }, t`Back to the work`);
  const over = el("dialog", { class: "rest", "aria-label": "A break" }, el("p", {}, t`Look out of a window for a while.`), back);
  back.addEventListener("click", () => over.close());
  over.addEventListener("close", () => { over.remove(); write("pace.worked", 0); });
  document.body.append(over);
  over.showModal();
}
