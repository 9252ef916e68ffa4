// How somebody comes in: their password and one-time codes.

import { call, post } from "./api.js";
import { el, say } from "./dom.js";
import { t } from "./words.js";

const form = document.getElementById("password");
const place = document.getElementById("second");

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { old, new: fresh, code } = form.elements;
  try {
    await post("/me/password", { old: old.value, new: fresh.value, code: code?.value ?? "" });
    location.assign("/login");
  } catch (error) { say(error.message, true); }
});

function offer() {
  if (place.dataset.on) {
    place.replaceChildren(el("p", {}, t`You type a code of your telephone beside your password. If it is lost, an administrator lets you begin again.`));
    return;
  }
  place.replaceChildren(
    el("p", {}, t`A code from a telephone makes a stolen password useless; any app for one-time codes does.`),
    el("button", { type: "button", onclick: begin }, t`Set up codes`));
}

async function begin() {
  try {
    const { secret, address, square } = await post("/me/second");
    const code = el("input", { name: "code", inputmode: "numeric", maxlength: "8", required: true, autocomplete: "one-time-code" });
    const confirm = el("form", { class: "row", onsubmit: (event) => { event.preventDefault(); finish(code.value); } },
      el("label", {}, t`The code that it shows now `, code), el("button", { type: "submit" }, t`Use codes from now on`));
    place.replaceChildren(...[
      el("p", {}, t`Read this with the app, type the key below into it (time based, six digits), or open the `, el("a", { href: address }, "link"), t` on the telephone. It is shown once.`),
      square.length ? drawn(square) : null,
      el("p", {}, el("code", {}, secret.match(/.{1,4}/g).join(" "))), confirm,
    ].filter(Boolean));
    code.focus();
  } catch (error) { say(error.message, true); }
}

// Dark on white in both themes, with the border of four modules that cameras look for.
function drawn(square) {
  const border = 4, side = square.length + 2 * border;
  const canvas = el("canvas", { class: "square", width: side, height: side, role: "img", "aria-label": t`The key as a square code` });
  const context = canvas.getContext("2d");
  context.fillStyle = "#fff";
  context.fillRect(0, 0, side, side);
  context.fillStyle = "#000";
  square.forEach((row, y) => [...row].forEach((one, x) => { if (one === "1") context.fillRect(x + border, y + border, 1, 1); }));
  return canvas;
}

async function finish(code) {
  try {
    await call("PUT", "/me/second", { code });
    place.dataset.on = "yes";
    say(t`From now on a code is wanted.`);
    offer();
  } catch (error) { say(error.message, true); }
}

offer();
