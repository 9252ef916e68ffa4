// Asks for the reason of a decision; null where it was thought better of.

const dialog = document.getElementById("ask");
const why = document.getElementById("ask-why");
const yes = document.getElementById("ask-yes");

export function ask(title, verb) {
  document.getElementById("ask-title").textContent = title;
  yes.textContent = verb;
  why.value = "";
  dialog.returnValue = "";
  dialog.showModal();
  why.focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes" && why.value.trim() ? why.value.trim() : null), { once: true });
  });
}
