/** JSON with its integers whole. */

/** As JSON.parse; an integer that a number does not hold exactly is a bigint. @throws SyntaxError */
export function parseJson(text: string): unknown {
  return LONG_NUMBER.test(text) ? JSON.parse(text, exactInteger) : JSON.parse(text);
}

/** Texts may have them, too: then it takes longer. */
const LONG_NUMBER = /\d{16}/;

function exactInteger(_key: string, value: unknown, { source }: { readonly source?: string } = {}): unknown {
  if (typeof value !== 'number' || Number.isSafeInteger(value) || source === undefined) return value;
  if (!/^-?\d+$/.test(source)) return value;
  const exact = BigInt(source);
  return exact === BigInt(value) ? value : exact;
}

/** The reverse, for what is kept of a record: bigints as texts. */
export function jsonText(value: unknown): string {
  return JSON.stringify(value, (_key, one) => (typeof one === 'bigint' ? one.toString() : one));
}
