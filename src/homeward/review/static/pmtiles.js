// A PMTiles file of version 3, read in pieces from this server: the directory that says where a tile lies, and tiles as pictures.

import { call } from "./api.js";

const HEADER = 127, GZIP = 2, KEPT = 200, DEEPEST = 4;
const KINDS = { 2: "image/png", 3: "image/jpeg", 4: "image/webp", 5: "image/avif" };

export class PmTiles {
  // arrived: called when a tile that was wanted is there.
  static async open(arrived) {
    const made = new PmTiles();
    const view = new DataView(await piece(0, HEADER));
    const number = (at) => Number(view.getBigUint64(at, true));
    Object.assign(made, {
      arrived, tiles: new Map(), asked: new Set(), directories: new Map(),
      root: [number(8), number(16)], leaves: number(40), data: number(56),
      zipped: view.getUint8(97) === GZIP, kind: KINDS[view.getUint8(99)], least: view.getUint8(100), most: view.getUint8(101),
    });
    return made;
  }

  // The picture of a tile, once it is there; null for one that the file has not got.
  tile(zoom, x, y) {
    const id = number(zoom, x, y);
    if (this.tiles.has(id)) return this.tiles.get(id);
    if (!this.asked.has(id)) this.#ask(id);
    return undefined;
  }

  async #ask(id) {
    this.asked.add(id);
    try {
      const found = await this.#find(id);
      const bytes = found && await piece(this.data + found.offset, found.length);
      this.tiles.set(id, bytes ? await createImageBitmap(new Blob([bytes], { type: this.kind })) : null);
    } catch { this.tiles.set(id, null); } // a damaged tile is a hole in the map
    this.asked.delete(id);
    while (this.tiles.size > KEPT) {
      const [oldest, picture] = this.tiles.entries().next().value;
      picture?.close();
      this.tiles.delete(oldest);
    }
    this.arrived();
  }

  async #find(id) {
    let [offset, length] = this.root;
    for (let depth = 0; depth < DEEPEST; depth++) {
      const entries = await this.#directory(offset, length);
      const entry = entries.findLast((one) => one.id <= id);
      if (!entry) return null;
      if (entry.run) return id < entry.id + entry.run ? entry : null;
      [offset, length] = [this.leaves + entry.offset, entry.length];
    }
    return null;
  }

  #directory(offset, length) {
    if (!this.directories.has(offset)) this.directories.set(offset, piece(offset, length).then((bytes) => this.#entries(bytes)));
    return this.directories.get(offset);
  }

  async #entries(bytes) {
    const stream = new Blob([bytes]).stream();
    const plain = this.zipped ? await new Response(stream.pipeThrough(new DecompressionStream("gzip"))).arrayBuffer() : bytes;
    const next = numbers(new Uint8Array(plain));
    const entries = Array.from({ length: next() }, () => ({}));
    let id = 0;
    for (const one of entries) one.id = id += next();
    for (const one of entries) one.run = next();
    for (const one of entries) one.length = next();
    entries.forEach((one, at) => {
      const told = next();
      one.offset = told ? told - 1 : entries[at - 1].offset + entries[at - 1].length;
    });
    return entries;
  }
}

async function piece(offset, length) {
  const parts = [];
  for (let read = 0; read < length;) { // the server sends so much at a time
    const answer = await call("GET", "/map/tiles", undefined, { headers: { Range: `bytes=${offset + read}-${offset + length - 1}` } });
    const bytes = await answer.arrayBuffer();
    if (!bytes.byteLength) break;
    parts.push(bytes);
    read += bytes.byteLength;
  }
  return parts.length === 1 ? parts[0] : new Blob(parts).arrayBuffer();
}

// Numbers of seven bits a byte, the lowest first.
function numbers(bytes) {
  let at = 0;
  return () => {
    let value = 0, times = 1;
    for (;;) {
      const byte = bytes[at++];
      value += (byte & 127) * times;
      if (!(byte & 128)) return value;
      times *= 128;
    }
  };
}

// The place of a tile in the order of the file: along the Hilbert curve, zoom after zoom.
export function number(zoom, x, y) {
  let found = (4 ** zoom - 1) / 3;
  for (let side = 2 ** (zoom - 1); side >= 1; side /= 2) {
    const right = x & side ? 1 : 0, below = y & side ? 1 : 0;
    found += side * side * ((3 * right) ^ below);
    if (!below) {
      if (right) [x, y] = [side - 1 - x, side - 1 - y];
      [x, y] = [y, x];
    }
  }
  return found;
}
