/** What errors mean about tables that other programs fill or read: migrating does not bring these back. */
import type { ErrorRule } from '../database/error-rules/error-rule.ts';
import { ExitCode } from '../errors.ts';

const COLUMN_ADVICE =
  '`settle doctor` names what its tables lack: add it again, or restore it from a backup; `settle migrate` does not add it';

export interface SourceTables {
  /** The text of an error that one of the tables is missing, in the words of the three servers. */
  readonly missing: RegExp;
  /** Columns that one of the tables has, and no table of settle's: servers name a missing column alone. */
  readonly columns: readonly (readonly [table: string, missing: RegExp])[];
}

export function sourceTableRules({ missing, columns }: SourceTables): readonly ErrorRule[] {
  return [
    {
      code: 'DATABASE_TABLE_MISSING',
      class: 'fatal',
      // Not 10: it was there when the schema was migrated, so migrating does not help.
      exitCode: ExitCode.usage,
      codes: [1146, 1051, 'SQLITE_ERROR'],
      pattern: missing,
      message: 'the database lacks a table',
      hint: 'this table is the platform’s own: does the database URL name its database? `settle migrate` does not make it again: one that was removed comes back from a backup',
    },
    ...columns.map(
      ([table, pattern]): ErrorRule => ({
        code: 'DATABASE_COLUMN_MISSING',
        class: 'fatal',
        exitCode: ExitCode.usage,
        codes: [1054, 'SQLITE_ERROR'],
        pattern,
        message: `the platform’s table ${table} lacks a column`,
        hint: COLUMN_ADVICE,
      }),
    ),
  ];
}
