// A map on a canvas: outlines of countries and a graticule, or tiles that the agency brings, and points on it. Nothing of it comes
// from elsewhere.

import { onEarth, onMap } from "./mercator.js";
import { COUNTRIES, RINGS, TOWNS } from "./world.js";

const TILE = 256, CLOSEST = 2 ** 17 * TILE, CLUSTER = 26, STEPS = [30, 10, 5, 2, 1, 0.5, 0.1, 0.05, 0.01];
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

export class MapView {
  // chosen: called with the points under a click.
  constructor(canvas, tiles, chosen) {
    Object.assign(this, { canvas, tiles, chosen, points: [], middle: [0.5, 0.5], scale: 512, from: null, waiting: false, shades: new Map() });
    this.context = canvas.getContext("2d");
    this.land = outlines();
    new ResizeObserver(() => this.draw()).observe(canvas);
    document.addEventListener("theme", () => this.draw());
    canvas.addEventListener("wheel", (event) => { event.preventDefault(); this.zoom(event.deltaY < 0 ? 1.25 : 0.8, this.#at(event)); }, { passive: false });
    canvas.addEventListener("pointerdown", (event) => { canvas.setPointerCapture(event.pointerId); this.from = { at: this.#at(event), middle: this.middle, moved: false }; });
    canvas.addEventListener("pointermove", (event) => this.#drag(this.#at(event)));
    canvas.addEventListener("pointerup", (event) => this.#let(this.#at(event)));
    canvas.addEventListener("keydown", (event) => this.#key(event));
  }

  show(points) {
    this.points = points.map((point) => ({ ...point, place: onMap(point.latitude, point.longitude) }));
    this.fit();
  }

  // chances: code of a country to the probability by which it is shaded.
  shade(chances) {
    this.shades = new Map([...chances].map(([code, chance]) => [outlines((one) => COUNTRIES[one] === code), chance]));
    this.draw();
  }

  // All points, or the world where there are none.
  fit() {
    const places = this.points.map((point) => point.place);
    const [xs, ys] = [0, 1].map((axis) => places.map((place) => place[axis]));
    const [left, right, top, bottom] = places.length ? [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)] : [0, 1, 0.1, 0.8];
    this.middle = [(left + right) / 2, (top + bottom) / 2];
    const { width, height } = this.#size();
    const least = this.tiles ? 0.002 : 0.1; // of the world: outlines say nothing closer by
    this.scale = 0.8 * Math.min(width / Math.max(right - left, least), height / Math.max(bottom - top, least));
    this.move(0, 0);
  }

  move(right, down) {
    this.middle = [this.middle[0] + right / this.scale, Math.min(Math.max(this.middle[1] + down / this.scale, 0), 1)];
    this.middle[0] -= Math.floor(this.middle[0]);
    this.draw();
  }

  zoom(times, at = null) {
    const { width, height } = this.#size();
    const [x, y] = at ?? [width / 2, height / 2];
    const under = [this.middle[0] + (x - width / 2) / this.scale, this.middle[1] + (y - height / 2) / this.scale];
    this.scale = Math.min(Math.max(this.scale * times, width / 1.2), CLOSEST);
    this.middle = [under[0] - (x - width / 2) / this.scale, under[1] - (y - height / 2) / this.scale];
    this.move(0, 0);
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.#paint(); });
  }

  #size() { return { width: this.canvas.clientWidth || 1, height: this.canvas.clientHeight || 1 }; }

  #at(event) {
    const edges = this.canvas.getBoundingClientRect();
    return [event.clientX - edges.left, event.clientY - edges.top];
  }

  #drag(at) {
    if (!this.from) return;
    const [right, down] = [this.from.at[0] - at[0], this.from.at[1] - at[1]];
    if (!this.from.moved && Math.hypot(right, down) < 4) return;
    this.from.moved = true;
    this.middle = [...this.from.middle];
    this.move(right, down);
  }

  #let(at) {
    const clicked = this.from && !this.from.moved;
    this.from = null;
    if (!clicked) return;
    const near = this.clusters.filter((one) => Math.hypot(one.x - at[0], one.y - at[1]) < 18).flatMap((one) => one.points);
    if (near.length) this.chosen(near);
  }

  #key(event) {
    const way = WAYS[event.key];
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (way) this.move(way[0] * 80, way[1] * 80);
    else if (event.key === "+" || event.key === "-") this.zoom(event.key === "+" ? 1.5 : 1 / 1.5);
    else if (event.key === "Home") this.fit();
    else return;
    event.preventDefault();
  }

  #paint() {
    const { context, canvas } = this, { width, height } = this.#size(), sharp = devicePixelRatio || 1;
    canvas.width = Math.round(width * sharp);
    canvas.height = Math.round(height * sharp);
    this.ink = Object.fromEntries(["ground", "raised", "line", "text", "soft", "accent"].map((name) => [name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim()]));
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
    context.fillStyle = this.ink.ground;
    context.fillRect(0, 0, width, height);
    const left = this.middle[0] - width / 2 / this.scale, top = this.middle[1] - height / 2 / this.scale;
    this.copies = [];
    for (let round = Math.floor(left); round <= Math.floor(left + width / this.scale); round++) this.copies.push((round - left) * this.scale);
    this.top = -top * this.scale;
    this.#countries(sharp);
    if (this.tiles) this.#tiles(width, height);
    this.#graticule(width, height);
    this.#towns(width, height);
    this.#clusters(width, height);
    context.setTransform(1, 0, 0, 1, 0, 0);
    canvas.dataset.drawn = String(this.clusters.length);
  }

  #countries(sharp) {
    const { context, ink } = this;
    for (const left of this.copies) {
      context.setTransform(sharp * this.scale, 0, 0, sharp * this.scale, sharp * left, sharp * this.top);
      context.fillStyle = ink.raised;
      context.fill(this.land, "evenodd");
      context.fillStyle = ink.accent;
      for (const [country, chance] of this.shades) {
        context.globalAlpha = 0.12 + 0.58 * Math.sqrt(chance);
        context.fill(country, "evenodd");
      }
      context.globalAlpha = 1;
      context.strokeStyle = ink.soft;
      context.lineWidth = 0.8 / this.scale;
      context.stroke(this.land);
    }
    context.setTransform(sharp, 0, 0, sharp, 0, 0);
  }

  #tiles(width, height) {
    const zoom = Math.min(Math.max(Math.round(Math.log2(this.scale / TILE)), this.tiles.least), this.tiles.most), count = 2 ** zoom, side = this.scale / count;
    for (const left of this.copies) {
      const first = Math.max(0, Math.floor(-left / side)), last = Math.min(count - 1, Math.floor((width - left) / side));
      for (let x = first; x <= last; x++) {
        for (let y = Math.max(0, Math.floor(-this.top / side)); y <= Math.min(count - 1, Math.floor((height - this.top) / side)); y++) {
          const picture = this.tiles.tile(zoom, x, y);
          if (picture) this.context.drawImage(picture, left + x * side, this.top + y * side, side + 0.5, side + 0.5);
        }
      }
    }
  }

  #graticule(width, height) {
    const { context, ink } = this, step = STEPS.findLast((one) => (one / 360) * this.scale > 70) ?? STEPS[0], digits = step < 1 ? 2 : 0;
    const [north, west] = onEarth(-this.copies[0] / this.scale, -this.top / this.scale), [south, east] = onEarth((width - this.copies[0]) / this.scale, (height - this.top) / this.scale);
    context.strokeStyle = ink.line;
    context.fillStyle = ink.soft;
    context.lineWidth = 1;
    context.font = "11px system-ui, sans-serif";
    context.beginPath();
    for (let degrees = Math.ceil(west / step) * step; degrees <= east; degrees += step) {
      const x = this.copies[0] + onMap(0, degrees)[0] * this.scale, turned = ((degrees + 540) % 360) - 180;
      context.moveTo(x, 0);
      context.lineTo(x, height);
      context.fillText(`${Math.abs(turned).toFixed(digits)}° ${turned < 0 ? "W" : "E"}`, x + 3, height - 5);
    }
    for (let degrees = Math.ceil(Math.max(south, -85) / step) * step; degrees <= Math.min(north, 85); degrees += step) {
      const y = this.top + onMap(degrees, 0)[1] * this.scale;
      context.moveTo(0, y);
      context.lineTo(width, y);
      context.fillText(`${Math.abs(degrees).toFixed(digits)}° ${degrees < 0 ? "S" : "N"}`, 4, y - 3);
    }
    context.stroke();
  }

  #towns(width, height) {
    if (this.tiles || this.scale < 4000) return;
    const { context, ink } = this;
    context.fillStyle = ink.soft;
    for (const [name, latitude, longitude] of TOWNS) {
      for (const [x, y] of this.#places(onMap(latitude, longitude), width, height)) {
        context.fillRect(x - 1.5, y - 1.5, 3, 3);
        context.fillText(name, x + 5, y + 4);
      }
    }
  }

  #places([x, y], width, height) {
    const down = this.top + y * this.scale;
    if (down < -20 || down > height + 20) return [];
    return this.copies.map((left) => [left + x * this.scale, down]).filter(([right]) => right > -20 && right < width + 20);
  }

  // Points that lie on each other are one, which says how many pictures it stands for.
  #clusters(width, height) {
    const cells = new Map();
    for (const point of this.points) {
      for (const [x, y] of this.#places(point.place, width, height)) {
        const key = `${Math.round(x / CLUSTER)} ${Math.round(y / CLUSTER)}`;
        const cell = cells.get(key) ?? { x, y, points: [], items: 0, clues: 0 };
        cell.points.push(point);
        cell.items += point.items;
        cell.clues += point.clues.length;
        cells.set(key, cell);
      }
    }
    this.clusters = [...cells.values()];
    const { context, ink } = this;
    context.font = "600 12px system-ui, sans-serif";
    context.textAlign = "center";
    context.textBaseline = "middle";
    for (const { x, y, items, clues } of this.clusters) {
      const size = 9 + 2 * Math.log10(Math.max(1, items));
      context.beginPath();
      context.arc(x, y, size, 0, 2 * Math.PI);
      context.fillStyle = items ? ink.accent : ink.ground;
      context.fill();
      context.lineWidth = clues ? 3 : 1.5;
      context.strokeStyle = clues ? "#ffc15e" : ink.ground;
      context.stroke();
      context.fillStyle = ink.ground;
      if (items > 1) context.fillText(items > 999 ? "999+" : String(items), x, y + 0.5);
    }
    context.textAlign = "start";
    context.textBaseline = "alphabetic";
  }
}

function outlines(chosen = () => true) {
  const path = new Path2D();
  for (const [number, ring] of RINGS.entries()) {
    if (!chosen(number)) continue;
    let longitude = 0, latitude = 0;
    for (let at = 0; at < ring.length; at += 2) {
      longitude += ring[at];
      latitude += ring[at + 1];
      const place = onMap(latitude / 100, longitude / 100);
      at ? path.lineTo(...place) : path.moveTo(...place);
    }
    path.closePath();
  }
  return path;
}
