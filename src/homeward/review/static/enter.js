import { post } from "./api.js";

const word = location.hash.slice(1);
history.replaceState(null, "", "/enter"); // it works once, and does not stand in the history
try {
  await post("/session/link", { word });
  location.replace("/home");
} catch (error) {
  document.getElementById("wrong").textContent = `${error.message[0].toUpperCase()}${error.message.slice(1)}.`;
}
