/** Sums of decimals without rounding. */

/** Digits behind the point that a value may have. */
const SCALE_MAX = 100;
const DECIMAL = /^([+-]?)(\d+)(?:\.(\d{0,100}))?$/;

/** `digits / 10^scale`. */
interface Decimal {
  readonly digits: bigint;
  readonly scale: number;
}

/**
 * The sum as text, with as many digits behind the point as the one of the two that has more: `1.50` and `2` are `3.50`.
 * @param value an integer, or a decimal as text or number; its text is what counts, so that 0.1 is a tenth
 * @throws TypeError for anything else
 */
export function addExactly(sum: string, value: unknown): string {
  const [a, b] = [parse(sum), parse(value)];
  const scale = Math.max(a.scale, b.scale);
  return format({ digits: scaled(a, scale) + scaled(b, scale), scale });
}

function parse(value: unknown): Decimal {
  const isNumeric = typeof value === 'number' || typeof value === 'bigint' || typeof value === 'string';
  const match = isNumeric ? DECIMAL.exec(String(value)) : null;
  if (match === null) throw new TypeError(`${String(value).slice(0, SCALE_MAX)} is no decimal that can be summed`);
  const [, sign, whole, fraction = ''] = match;
  const digits = BigInt(whole + fraction);
  return { digits: sign === '-' ? -digits : digits, scale: fraction.length };
}

function scaled({ digits, scale }: Decimal, wanted: number): bigint {
  return digits * 10n ** BigInt(wanted - scale);
}

function format({ digits, scale }: Decimal): string {
  if (scale === 0) return digits.toString();
  const sign = digits < 0n ? '-' : '';
  const text = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
  return `${sign}${text.slice(0, -scale)}.${text.slice(-scale)}`;
}
