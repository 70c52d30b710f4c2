/** The shape of a rule: which errors of a driver it is about, and what becomes of them. */
import type { ExitCode } from '../../errors.ts';

/** `transient`: trying again may help. `data`: this row or value is at fault. `fatal`: neither. */
export type ErrorClass = 'transient' | 'data' | 'fatal';

export interface ErrorRule {
  /** Of the SettleError that the operator gets. */
  readonly code: string;
  readonly class: ErrorClass;
  readonly exitCode: ExitCode;
  /** Error numbers of MySQL and MariaDB; codes of SQLite (extended ones match their base), Node and mysql2. */
  readonly codes: readonly (number | string)[];
  /** For codes that mean several things, and errors without a code: what the text must contain. */
  readonly pattern?: RegExp;
  /** What comes before the driver's own text. */
  readonly message: string;
  readonly hint: string;
}

/** Stands for the missing code of an error that has none. */
export const NO_CODE = '';

/** Of errors after which the same command goes on. */
export const CONTINUE = 'start the run again: it continues from its last checkpoint';
