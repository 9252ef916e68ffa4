// What every page has: the theme, the way out, and the lock after idleness.

import { call } from "./api.js";
import { keepPace } from "./pace.js";

const kept = (key) => { try { return localStorage.getItem(key); } catch { return null; } };
const keep = (key, value) => { try { localStorage.setItem(key, value); } catch { /* a browser that keeps nothing works all the same */ } };
document.documentElement.dataset.theme = kept("theme") ?? "dark";

document.getElementById("theme")?.addEventListener("click", () => {
  const next = document.documentElement.dataset.theme === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  keep("theme", next);
  document.dispatchEvent(new Event("theme"));
});

document.getElementById("leave")?.addEventListener("click", async () => {
  await call("DELETE", "/session");
  location.replace("/login");
});

for (const link of document.querySelectorAll(".bar nav a")) {
  const there = new URL(link.href);
  if (there.pathname === location.pathname) link.setAttribute("aria-current", "page");
}

// A page that was left on the screen shows nothing any more once the session has locked.
if (document.getElementById("leave")) {
  keepPace();
  const { idle_seconds: idle } = await (await call("GET", "/session")).json();
  let last = Date.now();
  for (const kind of ["keydown", "pointerdown", "wheel"]) addEventListener(kind, () => { last = Date.now(); }, { passive: true });
  setInterval(async () => {
    const told = Number(kept("here")) || 0; // who works in another tab is not idle, and has one session for all
    const elsewhere = told > Date.now() ? 0 : told; // of a clock that was put back since
    if (last > elsewhere) keep("here", last);
    if (Date.now() - Math.max(last, elsewhere) < idle * 1000) return;
    document.getElementById("main").replaceChildren();
    try { await call("DELETE", "/session"); } finally { location.replace("/login"); }
  }, 5000);
}
