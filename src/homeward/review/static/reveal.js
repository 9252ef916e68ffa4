// Seeing clearly, only while a key is held. Pixels come plain and go straight onto a canvas: no picture file, no address of one,
// nothing for a cache, and they are wiped when the key is let go. A clip is stepped through, or runs at its pace, meanwhile.

import { call } from "./api.js";
import { el, say } from "./dom.js";
import { Hearing } from "./hear.js";
import { t } from "./words.js";

const KEYS = { KeyQ: "drawing", KeyW: "grey", KeyE: "region", KeyR: "full" }, HEAR = "KeyT";
const SAID = { drawing: t`a line drawing`, grey: t`in grey, small`, region: t`the part under the pointer`, full: t`all of it` };
const REASONS = [t`to decide on a category`, t`to compare with another picture`, t`to look for clues`, t`to check a proposal`];
const WAYS = { Comma: -1, Period: 1 }, RUN = "Space", AT_ONCE = 12;

export class Reveal {
  // target: which picture, and where its veil lies on the stage; lay: where on the stage its pixels are shown; moved: is told at
  // which millisecond of a clip somebody stopped.
  constructor(stage, bar, may, { target, lay, moved = () => {} }) {
    Object.assign(this, { stage, target, lay, moved });
    this.steps = Object.fromEntries(Object.entries(KEYS).filter(([, step]) => may(step)));
    this.hearing = may("sound") ? new Hearing(stage) : null;
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
    const held = (code, name, title, begin) => {
      const button = el("button", { type: "button", title }, el("kbd", {}, code.slice(3)), name);
      button.addEventListener("pointerdown", begin);
      for (const kind of ["pointerup", "pointerleave", "pointercancel"]) button.addEventListener(kind, () => this.end());
      return button;
    };
    bar.hidden = !Object.keys(this.steps).length;
    bar.append(el("span", {}, t`hold to see`),
      ...Object.entries(this.steps).map(([code, step]) => held(code, step, t`Hold to see ${SAID[step]}; it is recorded`, () => this.begin(step, "pointer"))));
    if (this.hearing) bar.append(held(HEAR, t`hear`, t`Hold to hear a clip from this moment on; it is recorded`, () => this.listen()));
    bar.append(this.reason);
  }

  down(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return false;
    if (this.held && event.code in WAYS) this.step(WAYS[event.code]);
    else if (this.held && event.code === RUN) this.run();
    else if (this.hearing && event.code === HEAR) { if (!event.repeat) this.listen(); }
    else if (this.steps[event.code]) { if (!event.repeat) this.begin(this.steps[event.code], event.code); }
    else return false;
    return true;
  }

  up(event) {
    if (this.held && event.code === RUN) this.held.runs = false;
    if (this.held?.by === event.code) this.end();
    if (event.code === HEAR) this.hearing?.end();
  }

  listen() {
    this.end();
    const target = this.target();
    if (target?.clip) this.hearing.begin(target, this.reason.value, (time) => this.moved(time));
  }

  async begin(step, by) {
    this.end();
    const target = this.target();
    if (!target) return;
    this.held = { by, step, target, where: this.#where(target), view: null, over: false, busy: true, runs: false, time: -1, next: -1 };
    await this.#show(this.held, target.time_ms);
  }

  // The frame before or after the one that is shown.
  async step(way) {
    const held = this.held;
    const time = way > 0 ? held.next : held.time - 1;
    if (held.busy || held.runs || time < 0) return;
    held.busy = true;
    await this.#show(held, time);
    if (!held.over) say(`${(held.time / 1000).toFixed(2)} s`);
  }

  // Frames at their pace or slower, none left out, for as long as both keys are held.
  async run() {
    const held = this.held;
    if (held.busy || held.runs || held.next < 0) return;
    Object.assign(held, { busy: true, runs: true });
    try {
      let coming = this.#ask(held, held.next, AT_ONCE), due = performance.now();
      while (coming && held.runs && !held.over) {
        const some = await coming;
        coming = some.next < 0 ? null : this.#ask(held, some.next, AT_ONCE);
        for (let at = 0; at < some.times.length && held.runs && !held.over; at++) {
          this.#draw(held, some, at);
          due = Math.max(performance.now(), due + Math.max(0, held.next - held.time));
          await new Promise((shown) => { setTimeout(shown, due - performance.now()); });
        }
        some.pixels.fill(0);
      }
      if (coming) (await coming).pixels.fill(0); // the look that ends is the newest
    } catch (error) { if (!held.over) say(error.message, true); }
    Object.assign(held, { busy: false, runs: false });
    if (!held.over) say(`${(held.time / 1000).toFixed(2)} s`);
  }

  async #show(held, time) {
    try {
      const seen = await this.#ask(held, time, 1);
      if (!held.over) this.#draw(held, seen, 0);
      seen.pixels.fill(0);
    } catch (error) { if (!held.over) say(error.message, true); }
    held.busy = false;
  }

  // A look of its own, in the ledger before it comes; what comes after the key was let go is not shown.
  async #ask(held, time_ms, frames) {
    const { step, target, where } = held;
    const answer = await call("POST", "/views", { sha256: target.sha256, time_ms, step, reason: this.reason.value, frames, ...where });
    held.view = answer.headers.get("Homeward-View");
    const numbers = (name) => answer.headers.get(name).split(" ").filter(Boolean).map(Number);
    const pixels = new Uint8Array(await answer.arrayBuffer());
    if (held.over) this.#tell(held);
    return { pixels, size: numbers("Homeward-Size"), times: numbers("Homeward-Times"), next: numbers("Homeward-Next")[0] };
  }

  end() {
    this.hearing?.end();
    const held = this.held;
    this.held = null;
    this.canvas.width = this.canvas.height = 0; // wiped, not hidden
    delete this.stage.dataset.clear;
    delete this.stage.dataset.time;
    if (!held || held.over) return;
    held.over = true;
    if (held.view) this.#tell(held);
    if (held.time >= 0) this.moved(held.time);
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

  #draw(held, { pixels, size, times, next }, frame) {
    const [width, height, channels] = size;
    const image = new ImageData(width, height);
    const whole = new Uint32Array(image.data.buffer);
    let from = frame * width * height * channels;
    if (channels === 1) for (let at = 0; at < whole.length; at++, from++) whole[at] = 0xff000000 | (pixels[from] * 0x010101);
    else for (let at = 0; at < whole.length; at++, from += 3) whole[at] = 0xff000000 | (pixels[from + 2] << 16) | (pixels[from + 1] << 8) | pixels[from];
    this.canvas.width = width;
    this.canvas.height = height;
    for (const [edge, value] of Object.entries(this.lay(size, held.step, held.where))) this.canvas.style[edge] = `${value}px`;
    this.canvas.getContext("2d").putImageData(image, 0, 0);
    image.data.fill(0);
    this.stage.dataset.clear = "true";
    if (!times.length) return;
    held.time = times[frame];
    held.next = times[frame + 1] ?? next;
    this.stage.dataset.time = held.time;
  }
}

// As large as it fits, in the middle.
export function middle(stage, [width, height]) {
  const { clientWidth, clientHeight } = stage;
  const scale = Math.min((clientWidth - 48) / width, (clientHeight - 48) / height, 3);
  return { left: (clientWidth - width * scale) / 2, top: (clientHeight - height * scale) / 2, width: width * scale, height: height * scale };
}
