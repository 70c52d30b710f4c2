/** The options that say how the fields of a file are read: common to `settle import` and `settle ledger post`. */
import { Option } from 'commander';
import { usageError } from '../../../errors.ts';
import type { ImportKind } from '../import-parameters.ts';

export interface ReadingFlags {
  readonly timeUnit?: string;
  readonly null?: readonly string[];
  readonly ignoreColumns?: string;
}

export function timeUnitOption(): Option {
  return new Option(
    '--time-unit <unit>',
    'what a time is that is a number: seconds, milliseconds, microseconds or nanoseconds since 1970, or compact (YYYYMMDD[HHMM[SS]])',
  );
}

export function nullOption(): Option {
  return new Option('--null <text>', 'a text that means NULL, as an empty field does; may be given again').argParser(
    (text: string, before: readonly string[] | undefined) => [...(before ?? []), text],
  );
}

export function ignoreColumnsOption(): Option {
  return new Option('--ignore-columns <columns>', 'columns that are passed over without a word: a,b');
}

/** @throws SettleError (exit 2) for an option that means nothing for files of this kind */
export async function requireReadingFlags(kind: ImportKind, { timeUnit, null: nulls }: ReadingFlags): Promise<void> {
  if (timeUnit === undefined && nulls === undefined) return;
  const { hasNulls, timeUnitsOf } = await import('../import-parameters.ts');
  const units = timeUnitsOf(kind);
  if (timeUnit !== undefined && !units.includes(timeUnit)) {
    throw usageError(
      units.length === 0
        ? `--time-unit is not for ${kind}: they have no times`
        : `--time-unit ${timeUnit}: for ${kind} it is ${units.join(', ')}`,
    );
  }
  if (nulls !== undefined && !hasNulls(kind)) {
    throw usageError(`--null is not for ${kind}: they have no column that can be NULL`);
  }
}
