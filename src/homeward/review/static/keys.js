// Which key does what. Nothing here is a key by which a browser finds text or goes to an address.

import { el } from "./dom.js";
import { t } from "./words.js";

const PLAIN = {
  ArrowLeft: "left", ArrowRight: "right", ArrowUp: "up", ArrowDown: "down", PageUp: "pageUp", PageDown: "pageDown",
  Home: "first", End: "last", Enter: "open", Escape: "back", u: "undo", d: "draw", "?": "help", 0: "clear",
};

export function named(event) {
  if (event.ctrlKey && !event.altKey && !event.shiftKey && event.key === "z") return "undo";
  if (event.ctrlKey || event.metaKey || event.altKey) return null;
  return PLAIN[event.key] ?? null;
}

export function listKeys(dialog, categories, may) {
  const rows = [
    ["Arrows", t`to the next tile, on across the ends of rows`],
    [t`PgUp PgDn`, t`a page on`],
    [t`Home End`, t`to the first, to the last`],
    ["Shift", t`with any of these: choose from here to there; Ctrl+click adds one tile`],
    ["Enter", t`open the stack, or the frames of a video`],
    [t`Esc`, t`back to the same place`],
    ["d", t`open the picture to draw a box on it, and ask where else that is`],
  ];
  if (may("grade")) {
    rows.push(...categories.map((one) => [one.key, one.name]), ["0", t`undecided again`],
      [t`Alt + digit`, t`the same for the whole group: all of the series, or all copies of the opened stack`],
      [t`u or Ctrl+Z`, t`take back what you said last, as often as you like`]);
  }
  const steps = [["Q", "drawing", t`a line drawing`], ["W", "grey", t`in grey, small`], ["E", "region", t`the part under the pointer`], ["R", "full", t`all of it`]];
  rows.push(...steps.filter(([, step]) => may(step)).map(([key, , what]) => [t`hold ${key}`, t`see ${what}; let go and it is gone. It is recorded.`]));
  if (may("drawing")) {
    rows.push([t`hold + arrow`, t`step through the chosen frames of a video`], [t`hold + . or ,`, t`one frame on, or back`],
      [t`hold + Space`, t`let it run for as long as both are held`]);
  }
  if (may("sound")) rows.push([t`hold T`, t`hear a video from this moment on; let go and it is silent. It is recorded.`]);
  dialog.querySelector("dl").replaceChildren(...rows.flatMap(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)]));
  dialog.showModal();
}
