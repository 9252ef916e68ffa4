// Words of the pages in the language of the one who reads, where there is a catalogue of it; English where there is none.
// What comes from evidence is never looked up.

const language = document.documentElement.lang;
const held = language === "en" ? {} : await (await fetch(`/words/${language}.json`)).json();

// Holes of a sentence are numbered, so that another language can put them elsewhere: t`${1} of ${2}` is "{0} of {1}".
export function t(parts, ...values) {
  const english = parts.reduce((before, part, at) => `${before}{${at - 1}}${part}`);
  return said(english).replace(/\{(\d+)\}/g, (hole, at) => values[at] ?? hole);
}

export const said = (english) => held[english] || english;
