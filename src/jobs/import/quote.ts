/** What a file holds, in a message: short, quoted, and harmless to a terminal. */

import { visibleLine, visibleText } from '../../rules/visible-text.ts';

const LENGTH_MAX = 40;

/** At most 40 characters of a value. */
export function quote(text: string): string {
  const shown = text.length > LENGTH_MAX ? `${text.slice(0, LENGTH_MAX)}...` : text;
  // JSON leaves as it is what a terminal may obey beyond U+001F.
  return visibleText(JSON.stringify(shown));
}

/** As `quote`, without the quotes where the text is a plain name. */
export function quoteName(text: string): string {
  return text.length <= LENGTH_MAX && /^[\p{L}\p{N}_.-]+$/u.test(text) ? text : quote(text);
}

/** A file's name or path as it is; in quotes where a reader or a terminal would take it for something else. */
export function showName(name: string): string {
  const isPlain = name === name.trim() && name !== '' && visibleLine(name) === name;
  return isPlain ? name : visibleText(JSON.stringify(name));
}
