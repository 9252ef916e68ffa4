// Pictures as veils with what is said of them: sightings of a clue, answers to a question.

import { el } from "./dom.js";
import { veil } from "./veils.js";
import { t } from "./words.js";

export const seconds = (time) => (time === null || time === undefined ? "" : `${time.toFixed(1)} s`);

// where: sha256, time in seconds or null, veil_box or null, paths.
export function figure(where, words, act = null) {
  const time = where.time === null || where.time === undefined ? -1 : Math.round(where.time * 1000);
  const label = t`veil of ${where.sha256.slice(0, 12)}${where.veil_box ? t`, with a box around the place` : ""}`;
  const path = where.paths?.[0] ?? t`not in this case`;
  return el("figure", { class: "sight", "data-picture": where.sha256 },
    veil(where.sha256, label, { box: where.veil_box ?? null, size: "large", time }),
    el("figcaption", {},
      where.paths?.length ? el("a", { href: address(where.sha256, time), title: path }, el("bdi", {}, path.split(/[/>]/).at(-1).trim())) : el("span", { class: "soft" }, path),
      time >= 0 ? ` ${seconds(where.time)}` : "",
      words.filter(Boolean).map((line) => el("div", { class: "soft" }, line)),
      act));
}

export const address = (sha256, time = -1, box = null) => {
  const asked = new URLSearchParams();
  if (time >= 0) asked.set("time", time);
  if (box) asked.set("box", box.join(","));
  return `/pictures/${sha256}${asked.size ? `?${asked}` : ""}`;
};
