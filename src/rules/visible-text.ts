/**
 * Text of others (file names, reasons, names of cards, payloads, messages of servers) as it may reach a terminal or a
 * log: what a terminal obeys, or what changes the order or the end of a line, becomes `\uXXXX`. Pure; everything that
 * is printed goes through here (src/cli/output/stdout.ts, errors.ts, logger.ts).
 */

/**
 * C0 but tab and line feed, DEL and C1, which are `Cc` (ECMA-48: U+009B begins a control sequence as ESC [ does); bidirectional
 * controls (UAX #9: U+061C, U+200E/F, U+202A-E, U+2066-9); line and paragraph separator; interlinear annotation, byte
 * order mark and non-characters.
 */
const OBEYED = /(?![\t\n])[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]/gu;
const LINE_BREAKS = /[\t\n]/g;

/**
 * Lines stay lines; characters that a terminal obeys become `\uXXXX`. JSON stays JSON of the same value: below U+0020
 * it has nothing but line feeds between its tokens, and the others stand inside of texts, where `\uXXXX` is the same.
 */
export function visibleText(text: string): string {
  return text.replace(OBEYED, escaped);
}

/** As `visibleText`, on one line: tabs and line feeds are escaped too. For a cell, a name, a field. */
export function visibleLine(text: string): string {
  return visibleText(text).replace(LINE_BREAKS, (character) => (character === '\t' ? '\\t' : '\\n'));
}

function escaped(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`;
}
