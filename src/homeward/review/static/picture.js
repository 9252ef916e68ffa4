// One picture as its veil: look at it while a key is held, draw a box, ask where else it is, keep it as a clue.

import { get, post } from "./api.js";
import { el, say } from "./dom.js";
import { DrawnBox } from "./drawnbox.js";
import { elsewhere } from "./elsewhere.js";
import { address } from "./figures.js";
import { showFacts } from "./facts.js";
import { Reveal } from "./reveal.js";
import { VEIL } from "./tiles.js";
import { veil } from "./veils.js";
import { t } from "./words.js";

const part = (id) => document.getElementById(id);
const stage = part("stage");
const sha256 = stage.dataset.name;
const asked = new URLSearchParams(location.search);
let time = Number(asked.get("time") || -1) || 0;
const me = await get("/session");
const may = (permission) => me.may.includes(permission);

async function begin() {
  const { on_veil: [left, top, across, down], duration_ms: length } = await get(`/items/${sha256}`);
  if (length !== null) time = Math.max(0, time); // a clip is looked at and asked about at a moment
  let shown = veil(sha256, t`the veil of this picture`, { size: "whole", time });
  stage.append(shown);
  const drawn = new DrawnBox(stage, [left, top, across, down], (box) => {
    history.replaceState(null, "", address(sha256, time, box));
    tell(box);
  });
  const kept = (asked.get("box") ?? "").split(",").map(Number);
  if (kept.length === 4 && kept.every(Number.isFinite)) drawn.set(kept);
  tell(drawn.box);
  // Another moment of a clip: what is asked, drawn and kept from now on is about that.
  const moved = (to) => {
    time = to;
    part("seconds").value = Math.max(0, time / 1000);
    const next = veil(sha256, t`the veil of this picture`, { size: "whole", time });
    shown.replaceWith(next);
    shown = next;
    history.replaceState(null, "", address(sha256, time, drawn.box));
  };
  part("moment").hidden = length === null;
  part("seconds").value = Math.max(0, time / 1000);
  part("seconds").addEventListener("change", () => moved(Math.round(1000 * Math.max(0, Math.min(Number(part("seconds").value) || 0, length / 1000)))));
  const reveal = new Reveal(stage, part("steps"), may, {
    target: () => ({ sha256, time_ms: time, clip: length !== null, x: 0, y: 0, width: stage.clientWidth, height: stage.clientHeight }),
    moved,
    // The picture itself, or the part of it that was asked for, where it lies on the veil.
    lay: (size, step, where) => {
      const share = step === "region" ? 4 : 1, scale = stage.clientWidth / VEIL.width;
      const middle = [(where.x / 1000) * VEIL.width, (where.y / 1000) * VEIL.height];
      const x = Math.min(Math.max(middle[0] - across / share / 2, left), left + across - across / share);
      const y = Math.min(Math.max(middle[1] - down / share / 2, top), top + down - down / share);
      return { left: x * scale, top: y * scale, width: (across / share) * scale, height: (down / share) * scale };
    },
  });
  stage.addEventListener("keydown", (event) => { if (reveal.down(event)) event.preventDefault(); });
  addEventListener("keyup", (event) => reveal.up(event));
  for (const [id, by] of [["where-thing", "object"], ["where-place", "place"]]) {
    part(id).addEventListener("click", () => elsewhere(part("answers"), { picture: sha256, time_ms: time, veil_box: drawn.box, by }));
  }
  part("keep").addEventListener("submit", (event) => {
    event.preventDefault();
    keep(drawn.box);
  });
  stage.focus({ preventScroll: true });
  await showFacts(part("facts"), sha256, () => {});
}

function tell(box) {
  part("keep-it").disabled = part("kind").value === "region" && !box;
  part("here").textContent = box ? t`A box of ${box[2].toFixed(1)} × ${box[3].toFixed(1)} of the veil's 24 × 18 is drawn.` : t`No box is drawn: what is asked is asked about the whole picture.`;
  part("kind").onchange = () => {
    part("value").hidden = part("kind").value === "region";
    tell(box);
  };
}

async function keep(box) {
  const kind = part("kind").value;
  try {
    const made = await post("/clues", { kind, value: kind === "region" ? "" : part("value").value, picture: sha256, time_ms: time, veil_box: box });
    say(t`Kept as a clue.`);
    location.assign(`/clues/${made.clue}`);
  } catch (error) { say(error.message, true); }
}

part("keep").hidden = !may("decide");
try { await begin(); } catch (error) { stage.replaceChildren(el("p", { class: "wrong", role: "alert" }, error.message)); }
part("main").removeAttribute("aria-busy");
