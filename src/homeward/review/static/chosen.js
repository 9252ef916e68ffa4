// Where the cursor is and which tiles are chosen.

export class Chosen {
  constructor() { this.reset(); }

  reset(cursor = 0) {
    this.cursor = cursor;
    this.anchor = cursor;
    this.single = new Set();
  }

  move(to, extend) {
    this.cursor = to;
    if (!extend) {
      this.anchor = to;
      this.single.clear();
    }
  }

  toggle(index) {
    if (!this.single.size && this.anchor === this.cursor && index !== this.cursor) this.single.add(this.cursor);
    if (!this.single.delete(index)) this.single.add(index);
    this.cursor = this.anchor = index;
  }

  has(index) {
    return this.single.has(index) || (this.anchor !== this.cursor && index >= Math.min(this.anchor, this.cursor) && index <= Math.max(this.anchor, this.cursor));
  }

  get many() { return this.single.size > 0 || this.anchor !== this.cursor; }

  // First and last of every unbroken stretch of what is chosen, the cursor's tile where nothing else is.
  stretches() {
    if (!this.single.size) return [{ first: Math.min(this.anchor, this.cursor), last: Math.max(this.anchor, this.cursor) }];
    const found = [];
    for (const index of [...this.single].sort((a, b) => a - b)) {
      const before = found.at(-1);
      if (before && before.last === index - 1) before.last = index;
      else found.push({ first: index, last: index });
    }
    return found;
  }
}
