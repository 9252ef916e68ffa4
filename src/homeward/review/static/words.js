// Words of the pages in the language of the one who reads, where there is a catalogue of it; English where there is none.
// What comes from evidence is never looked up.

const language = document.documentElement.lang;
const held = language === "en" ? {} : await (await fetch(`/words/${language}.json`)).json();

// Holes of a sentence are numbered, so that another language can put them elsewhere: t`${1} of ${2}` is "{0} of {1}".
export function t(parts, ...values) {
  const english = parts.reduce((before, part, at) => `${before}{${at - 1}}${part}`);
  return filled(said(english), values);
}

const filled = (sentence, values) => sentence.replace(/\{(\d+)\}/g, (hole, at) => values[at] ?? hole);

export const said = (english) => (Object.hasOwn(held, english) && held[english]) || english;

// A sentence of the server, whose holes are filled already: the catalogue's longest sentence that it can be.
export function heard(english) {
  if (Object.hasOwn(held, english)) return said(english);
  for (const [looks, found] of patterns) {
    const holes = english.match(looks);
    if (holes) return filled(found, holes.slice(1).map(heard));
  }
  return english;
}

const patterns = Object.entries(held).filter(([english]) => english.includes("{0}")).sort(([a], [b]) => b.length - a.length)
  .map(([english, found]) => [new RegExp(`^${english.split(/\{\d+\}/).map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")).join("(.+)")}$`, "s"), found]);
