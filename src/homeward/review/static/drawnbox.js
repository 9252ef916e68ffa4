// A box that somebody draws on a veil, with a pointer or with keys. It is told in the veil's own units, 24 across and 18 down, and
// stays there when the clear picture beneath it is gone.

import { el } from "./dom.js";
import { VEIL } from "./tiles.js";

const STEP = 0.25, LEAST = 0.2;
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class DrawnBox {
  // inside: left, top, width and height of the picture on its veil.
  constructor(stage, inside, changed) {
    Object.assign(this, { stage, inside, changed, box: null, from: null });
    this.frame = el("div", { class: "drawn", hidden: true });
    stage.append(this.frame);
    stage.addEventListener("pointerdown", (event) => this.#begin(event));
    stage.addEventListener("pointermove", (event) => { if (this.from) this.set(spanned(this.from, this.#at(event))); });
    for (const kind of ["pointerup", "pointercancel"]) stage.addEventListener(kind, () => this.#done());
    stage.addEventListener("keydown", (event) => this.#key(event));
  }

  set(box) {
    this.box = box && this.#within(box);
    this.frame.hidden = !this.box;
    if (!this.box) return;
    const [x, y, width, height] = this.box;
    Object.assign(this.frame.style, {
      left: `${(100 * x) / VEIL.width}%`, top: `${(100 * y) / VEIL.height}%`, width: `${(100 * width) / VEIL.width}%`, height: `${(100 * height) / VEIL.height}%`,
    });
  }

  #begin(event) {
    if (event.button !== 0) return;
    this.stage.setPointerCapture(event.pointerId);
    this.from = this.#at(event);
    this.before = this.box;
  }

  #done() {
    if (!this.from) return;
    this.from = null;
    if (!this.box || this.box[2] < LEAST || this.box[3] < LEAST) this.set(this.before); // a click draws nothing
    else this.changed(this.box);
  }

  #key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const way = WAYS[event.key];
    if (event.key === "Delete") this.set(null);
    else if (way) {
      const [left, top, across, down] = this.inside;
      const [x, y, width, height] = this.box ?? [left + across / 4, top + down / 4, across / 2, down / 2];
      this.set(event.shiftKey ? [x, y, Math.max(STEP, width + way[0] * STEP), Math.max(STEP, height + way[1] * STEP)] : [x + way[0] * STEP, y + way[1] * STEP, width, height]);
    } else return;
    event.preventDefault();
    this.changed(this.box);
  }

  #at(event) {
    const edges = this.stage.getBoundingClientRect();
    return [((event.clientX - edges.left) / edges.width) * VEIL.width, ((event.clientY - edges.top) / edges.height) * VEIL.height];
  }

  #within([x, y, width, height]) {
    const [left, top, across, down] = this.inside;
    const x0 = Math.min(Math.max(x, left), left + across), y0 = Math.min(Math.max(y, top), top + down);
    const x1 = Math.min(Math.max(x + width, left), left + across), y1 = Math.min(Math.max(y + height, top), top + down);
    return [x0, y0, x1 - x0, y1 - y0].map((edge) => Math.round(edge * 100) / 100);
  }
}

const spanned = ([x0, y0], [x1, y1]) => [Math.min(x0, x1), Math.min(y0, y1), Math.abs(x1 - x0), Math.abs(y1 - y0)];
