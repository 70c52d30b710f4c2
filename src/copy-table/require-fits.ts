/** Whether a text of SQLite, which has no types for times and decimals, is one that a server's column keeps whole. Pure. */
import { type Canonical, comparableOf } from './column-kind.ts';
import type { CopiedColumn } from './described-column.ts';

const TIME = /^-?\d{2,3}:\d\d:\d\d(?:\.(\d{1,6}))?$/;
const DATE = /^\d{4}-\d\d-\d\d$/;
const INSTANT = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.(\d{1,6}))?$/;

export type FittedColumn = Pick<CopiedColumn, 'kind' | 'type' | 'fraction' | 'digits'>;

/** Whether there are texts that the column would not keep. */
export function mustFit({ kind, fraction, digits }: FittedColumn): boolean {
  return (kind === 'temporal' && fraction !== undefined) || (kind === 'decimal' && digits !== undefined);
}

/** One clause; undefined when it fits. */
export function requireFits(given: Canonical, { kind, type, fraction, digits }: FittedColumn): string | undefined {
  if (kind === 'real' && typeof given === 'number' && !Number.isFinite(given))
    return `is ${given}, which no server keeps`;
  const value = comparableOf(given, kind);
  if (typeof value !== 'string') return undefined;
  if (kind === 'temporal' && fraction !== undefined) {
    const form = /^date$/i.test(type) ? DATE : /^time\b/i.test(type) ? TIME : INSTANT;
    const found = form.exec(value);
    if (found === null) return `is ${JSON.stringify(value.slice(0, 40))}, which is no ${type}`;
    if (/^-[0:.]+$/.test(value)) return `is ${value}, of which ${type} keeps no sign`;
    const isReal = form === TIME || !/-00/.test(value.slice(0, 10));
    if (!isReal) return `is ${value}, a date without a day or a month`;
    return (found[1]?.length ?? 0) > fraction
      ? `is ${value}, of which ${type} keeps ${fraction} digits of the second`
      : undefined;
  }
  if (kind !== 'decimal' || digits === undefined) return undefined;
  const [whole, behind = ''] = value.replace('-', '').split('.');
  const fits = whole.length <= Math.max(1, digits[0]) && behind.length <= digits[1];
  return fits ? undefined : `is ${value.slice(0, 40)}, and the target is ${type}`;
}
