// Which key does what. Nothing here is a key by which a browser finds text or goes to an address.

import { el } from "./dom.js";

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
    ["Arrows", "to the next tile, on across the ends of rows"],
    ["PgUp PgDn", "a page on"],
    ["Home End", "to the first, to the last"],
    ["Shift", "with any of these: choose from here to there; Ctrl+click adds one tile"],
    ["Enter", "open the stack, or the frames of a video"],
    ["Esc", "back to the same place"],
    ["d", "open the picture to draw a box on it, and ask where else that is"],
  ];
  if (may("grade")) {
    rows.push(...categories.map((one) => [one.key, one.name]), ["0", "undecided again"],
      ["Alt + digit", "the same for the whole group: all of the series, or all copies of the opened stack"],
      ["u or Ctrl+Z", "take back what you said last, as often as you like"]);
  }
  const steps = [["Q", "drawing", "a line drawing"], ["W", "grey", "in grey, small"], ["E", "region", "the part under the pointer"], ["R", "full", "all of it"]];
  rows.push(...steps.filter(([, step]) => may(step)).map(([key, , what]) => [`hold ${key}`, `see ${what}; let go and it is gone. It is recorded.`]));
  if (may("drawing")) rows.push(["hold + arrow", "step through the frames of a video"]);
  dialog.querySelector("dl").replaceChildren(...rows.flatMap(([key, does]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, does)]));
  dialog.showModal();
}
