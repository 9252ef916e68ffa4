// Seeing clearly, only while a key is held. Pixels come plain and go straight onto a canvas: no picture file, no address of one,
// nothing for a cache, and they are wiped when the key is let go.

import { call } from "./api.js";
import { el, say } from "./dom.js";
import { t } from "./words.js";

const KEYS = { KeyQ: "drawing", KeyW: "grey", KeyE: "region", KeyR: "full" };
const SAID = { drawing: t`a line drawing`, grey: t`in grey, small`, region: t`the part under the pointer`, full: t`all of it` };
const REASONS = ["to decide on a category", "to compare with another picture", "to look for clues", "to check a proposal"];

export class Reveal {
  // target: which picture, and where its veil lies on the stage; lay: where on the stage its pixels are shown.
  constructor(stage, bar, may, { target, lay }) {
    Object.assign(this, { stage, target, lay });
    this.steps = Object.fromEntries(Object.entries(KEYS).filter(([, step]) => may(step)));
    this.held = null;
    this.pointer = null;
    this.canvas = el("canvas", { class: "clear", "aria-hidden": "true" });
    stage.append(this.canvas);
    this.reason = el("select", { "aria-label": t`Why you look: it is recorded` }, REASONS.map((one) => el("option", {}, one)));
    this.#offer(bar);
    stage.addEventListener("pointermove", (event) => { this.pointer = { x: event.clientX, y: event.clientY }; }, { passive: true });
    for (const kind of ["blur", "pagehide"]) addEventListener(kind, () => this.end());
    document.addEventListener("visibilitychange", () => { if (document.hidden) this.end(); });
  }

  #offer(bar) {
    bar.hidden = !Object.keys(this.steps).length;
    bar.append(el("span", {}, t`hold to see`), ...Object.entries(this.steps).map(([code, step]) => {
      const button = el("button", { type: "button", title: t`Hold to see ${SAID[step]}; it is recorded` }, el("kbd", {}, code.slice(3)), step);
      button.addEventListener("pointerdown", () => this.begin(step, "pointer"));
      for (const kind of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(kind, () => this.end());
      return button;
    }), this.reason);
  }

  down(event) {
    const step = this.steps[event.code];
    if (!step || event.ctrlKey || event.metaKey || event.altKey) return false;
    if (!event.repeat) this.begin(step, event.code);
    return true;
  }

  up(event) {
    if (this.held?.by === event.code) this.end();
  }

  async begin(step, by) {
    this.end();
    const target = this.target();
    if (!target) return;
    const held = { by, step, view: null, over: false };
    const where = this.#where(target);
    this.held = held;
    try {
      const answer = await call("POST", "/views", { sha256: target.sha256, time_ms: target.time_ms, step, reason: this.reason.value, ...where });
      held.view = answer.headers.get("Homeward-View");
      const size = answer.headers.get("Homeward-Size").split(" ").map(Number);
      const pixels = new Uint8Array(await answer.arrayBuffer());
      if (held.over) this.#tell(held);
      else this.#draw(pixels, ...size, this.lay(size, step, where));
      pixels.fill(0);
    } catch (error) {
      if (!held.over) say(error.message, true);
    }
  }

  end() {
    const held = this.held;
    this.held = null;
    this.canvas.width = this.canvas.height = 0; // wiped, not hidden
    delete this.stage.dataset.clear;
    if (!held || held.over) return;
    held.over = true;
    if (held.view) this.#tell(held);
  }

  #tell(held) {
    call("DELETE", `/views/${held.view}`, undefined, { keepalive: true }).catch(() => {});
  }

  // Where the pointer is in the picture at the cursor, in per mille; its middle where it is elsewhere.
  #where({ x, y, width = 124, height = 94 }) {
    const box = this.stage.getBoundingClientRect();
    const inside = (at, from, size) => Math.round(((at - from) / size) * 1000);
    const found = this.pointer && { x: inside(this.pointer.x, box.left + x, width), y: inside(this.pointer.y, box.top + y, height) };
    return found && found.x >= 0 && found.x <= 1000 && found.y >= 0 && found.y <= 1000 ? found : { x: 500, y: 500 };
  }

  #draw(pixels, width, height, channels, place) {
    const image = new ImageData(width, height);
    const whole = new Uint32Array(image.data.buffer);
    if (channels === 1) for (let at = 0; at < whole.length; at++) whole[at] = 0xff000000 | (pixels[at] * 0x010101);
    else for (let at = 0, from = 0; at < whole.length; at++, from += 3) whole[at] = 0xff000000 | (pixels[from + 2] << 16) | (pixels[from + 1] << 8) | pixels[from];
    this.canvas.width = width;
    this.canvas.height = height;
    for (const [edge, value] of Object.entries(place)) this.canvas.style[edge] = `${value}px`;
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    image.data.fill(0);
    this.stage.dataset.clear = "true";
  }
}

// As large as it fits, in the middle.
export function middle(stage, [width, height]) {
  const { clientWidth, clientHeight } = stage;
  const scale = Math.min((clientWidth - 48) / width, (clientHeight - 48) / height, 3);
  return { left: (clientWidth - width * scale) / 2, top: (clientHeight - height * scale) / 2, width: width * scale, height: height * scale };
}
