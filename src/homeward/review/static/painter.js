// Draws the tiles that are on the screen, once a frame and only when something has changed.

import { IN_PART, IN_SERIES, KNOWN, TAKEN, VEIL, VIDEO } from "./tiles.js";

export const CELL = { width: 132, height: 102, gap: 8 };
const TALLEST = 15_000_000; // pixels that every browser can scroll through

export class Painter {
  constructor(stage, scroller, room, canvas, look) {
    Object.assign(this, { stage, scroller, room, canvas, look });
    this.context = canvas.getContext("2d", { alpha: false });
    this.columns = 1;
    this.count = 0;
    this.waiting = false;
    this.colours();
    new ResizeObserver(() => this.measure()).observe(stage);
    scroller.addEventListener("scroll", () => this.draw(), { passive: true });
    document.addEventListener("theme", () => { this.colours(); this.draw(); });
  }

  colours() {
    const style = getComputedStyle(document.documentElement);
    this.ink = Object.fromEntries(["ground", "line", "text", "soft", "accent", "veil", "raised"].map((name) => [name, style.getPropertyValue(`--${name}`).trim()]));
  }

  show(count) {
    this.count = count;
    this.measure();
  }

  // Keeps the tile at the top of the screen where it is when the window changes.
  measure() {
    const top = this.first();
    const scale = devicePixelRatio || 1;
    this.width = this.scroller.clientWidth;
    this.height = this.stage.clientHeight;
    this.canvas.width = Math.round(this.width * scale);
    this.canvas.height = Math.round(this.height * scale);
    this.canvas.style.width = `${this.width}px`;
    this.canvas.style.height = `${this.height}px`;
    this.context.setTransform(scale, 0, 0, scale, 0, 0);
    this.columns = Math.max(1, Math.floor((this.width - CELL.gap) / CELL.width));
    this.left = Math.max(CELL.gap, Math.floor((this.width - this.columns * CELL.width + CELL.gap) / 2));
    this.tall = Math.ceil(this.count / this.columns) * CELL.height + CELL.gap;
    this.shown = Math.min(this.tall, TALLEST);
    this.room.style.height = `${this.shown}px`;
    this.goTo(top);
    this.draw();
  }

  // Where the list is scrolled to, in pixels of all its rows: the scroll bar may be too short to hold them all.
  get offset() {
    const most = this.shown - this.height;
    return most > 0 ? this.scroller.scrollTop * ((this.tall - this.height) / most) : 0;
  }

  scrollTo(offset) {
    const most = this.tall - this.height;
    this.scroller.scrollTop = most > 0 ? Math.max(0, Math.min(offset, most)) * ((this.shown - this.height) / most) : 0;
  }

  first() { return this.tall ? Math.max(0, Math.floor(this.offset / CELL.height)) * this.columns : 0; }
  rows() { return Math.max(1, Math.floor(this.height / CELL.height)); }
  goTo(index) { this.scrollTo(Math.floor(index / this.columns) * CELL.height); }

  reveal(index) {
    const top = Math.floor(index / this.columns) * CELL.height, offset = this.offset;
    if (top < offset) this.scrollTo(top);
    else if (top + CELL.height + CELL.gap > offset + this.height) this.scrollTo(top + CELL.height + CELL.gap - this.height);
    this.draw();
  }

  place(index) {
    const row = Math.floor(index / this.columns);
    return { x: this.left + (index % this.columns) * CELL.width, y: CELL.gap + row * CELL.height - this.offset };
  }

  under(x, y) {
    const column = Math.floor((x - this.left) / CELL.width), row = Math.floor((y + this.offset - CELL.gap) / CELL.height);
    const index = row * this.columns + column;
    return column >= 0 && column < this.columns && index >= 0 && index < this.count ? index : -1;
  }

  draw() {
    if (this.waiting) return;
    this.waiting = true;
    requestAnimationFrame(() => { this.waiting = false; this.#paint(); });
  }

  #paint() {
    const { context, ink } = this;
    context.fillStyle = ink.ground;
    context.fillRect(0, 0, this.width, this.height);
    if (!this.count) return;
    const first = this.first(), rows = Math.ceil(this.height / CELL.height) + 1;
    const last = Math.min(this.count, first + rows * this.columns) - 1;
    const tiles = this.look.tiles();
    tiles.want(first, last);
    context.imageSmoothingEnabled = true;
    let complete = true;
    for (let index = first; index <= last; index++) {
      const { x, y } = this.place(index);
      const tile = tiles.at(index);
      complete &&= Boolean(tile);
      this.#tile(tile, Math.round(x), Math.round(y), this.look.state(index));
    }
    const ready = complete ? `${first}-${last}` : "";
    if (this.stage.dataset.ready !== ready) this.stage.dataset.ready = ready;
  }

  #tile(tile, x, y, { cursor, chosen }) {
    const { context, ink } = this;
    const width = CELL.width - CELL.gap, height = CELL.height - CELL.gap;
    if (tile) {
      const [sheet, sx, sy] = tile.source;
      context.drawImage(sheet, sx + 0.5, sy + 0.5, VEIL.width - 1, VEIL.height - 1, x, y, width, height);
      this.#border(tile, x, y, width, height);
    } else {
      context.fillStyle = ink.veil;
      context.fillRect(x, y, width, height);
    }
    if (chosen) {
      context.fillStyle = `${ink.accent}40`;
      context.fillRect(x, y, width, height);
    }
    if (tile && tile.flags & TAKEN) {
      context.fillStyle = `${ink.ground}b0`;
      context.fillRect(x, y, width, height);
    }
    if (tile) this.#badges(tile, x, y, width, height);
    if (cursor) {
      context.lineWidth = 3;
      context.strokeStyle = ink.text;
      context.strokeRect(x - 3.5, y - 3.5, width + 7, height + 7);
    }
  }

  #border(tile, x, y, width, height) {
    const { context } = this;
    const category = tile.grade ? this.look.category(tile.grade) : null;
    const dashed = category ? tile.flags & IN_PART : tile.flags & KNOWN;
    if (!category && !dashed) return;
    context.lineWidth = 4;
    context.strokeStyle = category ? category.colour : this.ink.soft;
    if (dashed) context.setLineDash([9, 6]);
    context.strokeRect(x + 2, y + 2, width - 4, height - 4);
    if (dashed) context.setLineDash([]);
  }

  #badges(tile, x, y, width, height) {
    const category = tile.grade ? this.look.category(tile.grade) : null;
    if (category) this.#pill(category.key, x + 8, y + height - 25, category.colour, "#14171c");
    if (tile.count > 1) {
      const text = tile.count > 9999 ? "9999+" : String(tile.count);
      this.#pill(text, x + width - 8, y + height - 25, "#14171cd0", "#f2f4f7", true);
    }
    if (tile.flags & VIDEO) this.#pill("▶", x + 8, y + 8, "#14171cd0", "#f2f4f7");
    if (tile.flags & IN_SERIES) this.#pill("S", x + width - 8, y + 8, "#14171cd0", "#8fb8ff", true);
  }

  #pill(text, x, y, back, ink, toLeft = false) {
    const { context } = this;
    context.font = "600 12px system-ui, sans-serif";
    const width = Math.max(17, Math.ceil(context.measureText(text).width) + 9);
    const left = toLeft ? x - width : x;
    context.fillStyle = back;
    context.beginPath();
    context.roundRect(left, y, width, 17, 5);
    context.fill();
    context.fillStyle = ink;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.fillText(text, left + width / 2, y + 9);
  }
}
