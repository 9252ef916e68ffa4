// Tiles of one list, kept 128 together; veils are painted once into small sheets from which the grid copies.

import { call, post } from "./api.js";

export const CHUNK = 128;
export const VEIL = { width: 24, height: 18 };
export const VIDEO = 1, KNOWN = 2, IN_PART = 4, IN_SERIES = 8, TAKEN = 16;
const RECORD = 44, ACROSS = 16, KEPT = 96, AT_ONCE = 3, MOST = 8;

export class Tiles {
  constructor(grid, arrived) {
    this.id = grid.id;
    this.count = grid.count;
    this.kind = grid.kind;
    this.arrived = arrived;
    this.failed = () => {};
    this.chunks = new Map(); // in the order of last use
    this.asked = new Map();
    this.wanted = [];
  }

  static async open(queue, arrived) {
    const grid = await post("/grids", { queue });
    return { grid, tiles: new Tiles(grid, arrived) };
  }

  at(index) {
    const chunk = this.chunks.get(Math.floor(index / CHUNK));
    return chunk && new Tile(chunk, index % CHUNK);
  }

  // What is on the screen now, most needed first; what was asked for and is not needed any more is let go.
  want(first, last) {
    const chunks = [];
    for (let at = Math.floor(first / CHUNK); at <= Math.floor(last / CHUNK); at++) chunks.push(at);
    const next = Math.floor(last / CHUNK) + 1;
    if (next * CHUNK < this.count) chunks.push(next);
    this.wanted = chunks;
    const needed = new Set(chunks.map((at) => this.asked.get(at)));
    for (const asked of this.asked.values()) if (!needed.has(asked)) asked.abort();
    for (const at of chunks) {
      const chunk = this.chunks.get(at);
      if (chunk) {
        this.chunks.delete(at);
        this.chunks.set(at, chunk);
      }
    }
    this.#fetch();
  }

  mark(marks) {
    for (const { at, grade, flags } of marks) {
      const chunk = this.chunks.get(Math.floor(at / CHUNK));
      if (chunk) {
        chunk.view.setUint8((at % CHUNK) * RECORD + 40, flags);
        chunk.view.setUint8((at % CHUNK) * RECORD + 41, grade);
      }
    }
  }

  forget() {
    for (const asked of this.asked.values()) asked.abort();
    this.chunks.clear();
  }

  // What is missing and lies together is one request; what comes after the screen is one of its own.
  #fetch() {
    const missing = (at) => this.wanted.includes(at) && !this.chunks.has(at) && !this.asked.has(at);
    for (const at of this.wanted) {
      if (new Set(this.asked.values()).size >= AT_ONCE) return;
      if (!missing(at)) continue;
      let count = 1;
      while (count < MOST && at + count < this.wanted.at(-1) && missing(at + count)) count++;
      this.#ask(at, count);
    }
  }

  async #ask(first, count) {
    const asking = new AbortController();
    const parts = Array.from({ length: count }, (_, at) => first + at);
    for (const at of parts) this.asked.set(at, asking);
    try {
      const answer = await call("GET", `/grids/${this.id}/tiles?first=${first * CHUNK}&count=${count * CHUNK}`, undefined, { signal: asking.signal });
      const body = await answer.arrayBuffer();
      parts.forEach((at, place) => this.chunks.set(at, sheet(body, place)));
      while (this.chunks.size > KEPT) this.chunks.delete(this.chunks.keys().next().value);
      this.arrived(first);
    } catch (error) {
      if (error.name !== "AbortError") this.failed(error);
    } finally {
      for (const at of parts) if (this.asked.get(at) === asking) this.asked.delete(at);
      this.#fetch();
    }
  }
}

class Tile {
  constructor(chunk, at) {
    this.chunk = chunk;
    this.at = at;
  }
  get count() { return this.chunk.view.getUint32(this.at * RECORD + 32, true); }
  get time() { return this.chunk.view.getInt32(this.at * RECORD + 36, true); }
  get flags() { return this.chunk.view.getUint8(this.at * RECORD + 40); }
  get grade() { return this.chunk.view.getUint8(this.at * RECORD + 41); }
  get sha256() {
    const bytes = new Uint8Array(this.chunk.view.buffer, this.chunk.view.byteOffset + this.at * RECORD, 32);
    return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
  }
  get source() { return [this.chunk.sheet, (this.at % ACROSS) * VEIL.width, Math.floor(this.at / ACROSS) * VEIL.height]; }
}

// The tiles of one of the chunks that an answer holds: all records first, then all veils.
function sheet(body, place) {
  const all = body.byteLength / (RECORD + VEIL.width * VEIL.height), first = place * CHUNK;
  const count = Math.max(0, Math.min(CHUNK, all - first));
  const grey = new Uint8Array(body, all * RECORD + first * VEIL.width * VEIL.height);
  const width = ACROSS * VEIL.width, height = Math.ceil(count / ACROSS) * VEIL.height;
  const pixels = new Uint32Array(width * height);
  for (let at = 0, from = 0; at < count; at++) {
    const left = (at % ACROSS) * VEIL.width, top = Math.floor(at / ACROSS) * VEIL.height;
    for (let y = 0; y < VEIL.height; y++) {
      for (let x = 0, to = (top + y) * width + left; x < VEIL.width; x++) pixels[to++] = 0xff000000 | (grey[from++] * 0x010101);
    }
  }
  const made = new OffscreenCanvas(width, Math.max(1, height));
  if (count) made.getContext("2d").putImageData(new ImageData(new Uint8ClampedArray(pixels.buffer), width), 0, 0);
  return { view: new DataView(body, first * RECORD, count * RECORD), sheet: made };
}
