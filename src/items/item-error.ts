/** What is wrong with what a reader or writer was asked for or given: one clear line each, exit code 2. */
import { ExitCode, SettleError } from '../errors.ts';

export function unknownColumn(table: string, column: string, known: readonly string[]): SettleError {
  return new SettleError('COLUMN_UNKNOWN', ExitCode.usage, `${table} has no column ${column}`, {
    hint: known.length === 0 ? `there is no table ${table}` : `its columns are ${known.join(', ')}`,
  });
}

export function keyNotUnique(source: string, key: string, value: unknown): SettleError {
  return new SettleError('KEY_NOT_UNIQUE', ExitCode.usage, `${source} has two rows with ${key} ${String(value)}`, {
    hint: 'a reader goes on behind the last key after a restart: give it a key that no two rows share',
  });
}

export function keyIsNull(source: string, key: string): SettleError {
  return new SettleError(
    'KEY_IS_NULL',
    ExitCode.usage,
    `${source} has rows whose ${key} is NULL, which would be left out`,
    {
      hint: 'give it a key that every row has, or leave those rows out by a condition',
    },
  );
}

export function keyType(source: string, key: string): SettleError {
  return new SettleError('KEY_TYPE', ExitCode.usage, `the key ${source}.${key} is no integer`, {
    hint: 'tableReader goes by an integer key; queryReader reads by a key of any type',
  });
}

export function notOrdered(source: string, key: string, value: unknown, last: unknown): SettleError {
  return new SettleError(
    'KEY_NOT_ORDERED',
    ExitCode.usage,
    `${source} gave ${key} ${String(value)} after ${String(last)}`,
    { hint: 'order it by its key, ascending' },
  );
}

export function changedBelow(source: string, detail: string): SettleError {
  return new SettleError(
    'SOURCE_CHANGED',
    ExitCode.usage,
    `${source} is not what it was before the restart: ${detail}`,
    {
      hint: 'rows that are done would come again, or others would be missing: bring back what it was, or start anew',
    },
  );
}
