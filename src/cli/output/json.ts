/** JSON for scripts: one object or array, indented, on stdout. */

/** Totals may pass 2^53: a bigint that does not fit a double exactly is written as text, everything else as a number. */
export function formatJson(value: unknown): string {
  return `${JSON.stringify(value, (_key, item) => (typeof item === 'bigint' ? exactNumber(item) : item), 2)}\n`;
}

/** As a number where a double holds it exactly, else as text. */
export function exactNumber(value: bigint): number | string {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value.toString();
}
