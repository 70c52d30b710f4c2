/** What a file holds, in a message: short, quoted, and harmless to a terminal. */

const LENGTH_MAX = 40;
/** What JSON leaves as it is and a terminal may obey. */
const UNSAFE = /[\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]/g;

/** At most 40 characters of a value. */
export function quote(text: string): string {
  const shown = text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}...` : text;
  return JSON.stringify(shown).replace(UNSAFE, (character) => {
    return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
  });
}

/** As `quote`, without the quotes where the text is a plain name. */
export function quoteName(text: string): string {
  return text.length <= LENGTH_MAX && /^[\p{L}\p{N}_.-]+$/u.test(text) ? text : quote(text);
}
