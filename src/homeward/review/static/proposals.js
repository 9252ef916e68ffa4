import { get } from "./api.js";
import { el, say } from "./dom.js";
import { proposal } from "./pair.js";
import { t } from "./words.js";

const place = document.getElementById("proposals");
const me = await get("/session");
const may = (permission) => me.may.includes(permission);

async function show() {
  try {
    const found = await get("/proposals");
    place.replaceChildren(...(found.length ? found.map((one) => proposal(one, may, show)) : [el("p", { class: "soft" }, t`Nothing is proposed.`)]));
  } catch (error) { say(error.message, true); }
  place.removeAttribute("aria-busy");
}

await show();
