/**
 * Whole won of a provider's file, exactly. `won`: digits, with or without groups of three, and with or without a fraction
 * that is nothing (`1,234`, `1234.00`, `₩1,234`, `1,234원`). `minor`: hundredths (`123400`). What is no whole won is refused, never
 * rounded; `1.234` is refused because it can be read in two ways.
 */
import { LineProblem } from '../../import/line-problem.ts';
import { quote } from '../../import/quote.ts';
import { amountMax } from '../rules/payment.ts';

export const amountUnits = ['won', 'minor'] as const;
export type AmountUnit = (typeof amountUnits)[number];

const WON = /^(?:₩|KRW ?)?(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d{1,2}))?(?: ?(?:원|KRW))?$/;
const MINOR = /^\d+$/;
const DIGITS_MAX = 18;

/** Throws a LineProblem that names the column. */
export function parseAmount(column: string, text: string, unit: AmountUnit): bigint {
  const wrong = (problem: string, hint?: string) => new LineProblem(`${column} ${problem}`, hint);
  if (text === '') throw wrong('is empty');
  if (unit === 'minor') {
    if (!MINOR.test(text)) throw wrong(`${quote(text)} is no number of hundredths`);
    if (text.length > DIGITS_MAX) throw tooLarge(column, text);
    if (BigInt(text) % 100n !== 0n) throw wrong(`${quote(text)} hundredths are no whole won`);
    return bounded(column, text, BigInt(text) / 100n);
  }
  const match = WON.exec(text);
  if (match === null) {
    throw wrong(
      `${quote(text)} is no amount in won`,
      'digits, as 1234, 1,234 or 1234.00; --amount-unit minor reads hundredths',
    );
  }
  const [, whole, fraction = ''] = match;
  if (/[1-9]/.test(fraction)) throw wrong(`${quote(text)} is no whole number of won`);
  const digits = whole.replaceAll(',', '');
  if (digits.length > DIGITS_MAX) throw tooLarge(column, text);
  return bounded(column, text, BigInt(digits));
}

function bounded(column: string, text: string, amount: bigint): bigint {
  if (amount > amountMax) throw tooLarge(column, text);
  return amount;
}

function tooLarge(column: string, text: string): LineProblem {
  return new LineProblem(`${column} ${quote(text)} is more than ${amountMax} won`);
}
