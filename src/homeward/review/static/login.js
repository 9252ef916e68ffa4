import { post } from "./api.js";

const form = document.getElementById("login");
const wrong = document.getElementById("wrong");

// Only to a page of this server: an address from elsewhere would be a way to lead people astray.
export function next() {
  const asked = new URLSearchParams(location.search).get("next") ?? "/";
  const there = new URL(asked, location.origin);
  return there.origin === location.origin && asked.startsWith("/") ? there.pathname + there.search : "/";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  wrong.hidden = true;
  try {
    await post("/session", { name: form.elements.name.value, password: form.elements.password.value });
    location.replace(next());
  } catch (error) {
    form.elements.password.value = "";
    wrong.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
    wrong.hidden = false;
    form.elements.password.focus();
  }
});
