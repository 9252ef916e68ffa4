// Elements from plain values: whatever a file is called, it is text and never markup.

import { said } from "./words.js";

export function el(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (value === true) made.setAttribute(key, "");
    else if (value !== false && value !== null && value !== undefined) made.setAttribute(key, value);
  }
  made.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

let clearing = 0;

export function say(text, bad = false) {
  const line = document.getElementById("say");
  line.textContent = text;
  line.classList.toggle("bad", bad);
  clearTimeout(clearing);
  if (text) clearing = setTimeout(() => { line.textContent = ""; }, bad ? 12000 : 4000);
}

export function table(columns, rows) {
  const head = columns.map(([title, kind]) => el("th", { class: kind, scope: "col" }, title));
  const body = rows.map((row) => el("tr", {}, row.map((cell, at) => el("td", { class: columns[at][1] }, cell ?? ""))));
  return el("table", {}, el("thead", {}, el("tr", {}, head)), el("tbody", {}, body));
}

export const plural = (count, one, many = `${one}s`) => `${count.toLocaleString("en")} ${said(count === 1 ? one : many)}`;
