import { post } from "./api.js";

const form = document.getElementById("login");
const wrong = document.getElementById("wrong");

// Only to a page of this server: an address from elsewhere would be a way to lead people astray.
export function next() {
  const asked = new URLSearchParams(location.search).get("next") ?? "/";
  const there = new URL(asked, location.origin);
  return there.origin === location.origin && asked.startsWith("/") && there.pathname !== "/" ? there.pathname + there.search : "/home";
}

form.addEventListener("submit", async (event) => {
  event.preventDefault();
  wrong.hidden = true;
  try {
    await post("/session", { name: form.elements.name.value, password: form.elements.password.value, code: form.elements.code.value });
    location.replace(next());
  } catch (error) {
    const code = document.getElementById("code");
    const wanted = /telephone/.test(error.message);
    if (wanted) {
      wrong.hidden = code.hidden; // the first time it is a question and no fault
      code.hidden = false;
      form.elements.code.value = "";
    } else form.elements.password.value = "";
    wrong.textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
    if (!wanted) wrong.hidden = false;
    form.elements[wanted ? "code" : "password"].focus();
  }
});
