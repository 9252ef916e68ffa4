// Veils on pages other than the grid: asked for together, drawn on canvases of their own.

import { call } from "./api.js";
import { el } from "./dom.js";
import { VEIL } from "./tiles.js";

const BYTES = VEIL.width * VEIL.height, AT_ONCE = 256;
let waiting = [];

// box: left, top, width and height in the veil's own pixels, of what is meant; time: milliseconds, of which frame of a clip.
export function veil(sha256, label, { box = null, size = "small", time = -1 } = {}) {
  const canvas = el("canvas", { class: `veil ${size}`, width: VEIL.width * 8, height: VEIL.height * 8, role: "img", "aria-label": label });
  if (!waiting.length) queueMicrotask(fetchAll);
  waiting.push({ sha256, canvas, box, time });
  return canvas;
}

async function fetchAll() {
  const all = waiting;
  waiting = [];
  for (let first = 0; first < all.length; first += AT_ONCE) {
    const some = all.slice(first, first + AT_ONCE);
    const body = await (await call("POST", "/veils", { items: some.map((one) => one.sha256), times: some.map((one) => one.time) })).arrayBuffer();
    some.forEach((one, at) => draw(one, new Uint8Array(body, at * BYTES, BYTES)));
  }
}

function draw({ canvas, box }, grey) {
  const image = new ImageData(VEIL.width, VEIL.height);
  const whole = new Uint32Array(image.data.buffer);
  for (let at = 0; at < BYTES; at++) whole[at] = 0xff000000 | (grey[at] * 0x010101);
  const small = new OffscreenCanvas(VEIL.width, VEIL.height);
  small.getContext("2d").putImageData(image, 0, 0);
  const context = canvas.getContext("2d");
  context.drawImage(small, 0.5, 0.5, VEIL.width - 1, VEIL.height - 1, 0, 0, canvas.width, canvas.height);
  if (!box) return;
  const scale = canvas.width / VEIL.width;
  context.strokeStyle = "#ffc15e";
  context.lineWidth = 3;
  context.strokeRect(...box.map((edge) => edge * scale));
}
