/** Rounding of exact fractions to whole numbers. Pure. */

export const roundings = ['down', 'half-up', 'half-even'] as const;
/** `down`: towards zero. `half-up`: to the nearest, halves away from zero. `half-even`: halves to the even one. */
export type Rounding = (typeof roundings)[number];

/** `numerator / denominator` as a whole number; `denominator` is above 0. */
export function roundFraction(numerator: bigint, denominator: bigint, rounding: Rounding): bigint {
  const whole = numerator / denominator;
  const rest = numerator - whole * denominator;
  const twice = 2n * (rest < 0n ? -rest : rest);
  const isUp = twice > denominator || (twice === denominator && (rounding === 'half-up' || whole % 2n !== 0n));
  if (rounding === 'down' || !isUp) return whole;
  return whole + (numerator < 0n ? -1n : 1n);
}

/** The fraction as a decimal text of so many places, rounded down (towards zero): `-0.5000000000` of -1/2. */
export function decimalText(numerator: bigint, denominator: bigint, places: number): string {
  const isNegative = numerator < 0n;
  const scaled = ((isNegative ? -numerator : numerator) * 10n ** BigInt(places)) / denominator;
  const digits = scaled.toString().padStart(places + 1, '0');
  const sign = isNegative && scaled !== 0n ? '-' : '';
  return `${sign}${digits.slice(0, -places)}.${digits.slice(-places)}`;
}
