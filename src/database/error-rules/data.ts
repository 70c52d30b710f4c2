/** A row or a value that its table does not take. */
import { ExitCode } from '../../errors.ts';
import type { ErrorRule } from './error-rule.ts';

const { failed, usage } = ExitCode;

export const dataRules: readonly ErrorRule[] = [
  {
    code: 'APPEND_ONLY',
    class: 'fatal',
    exitCode: ExitCode.invariantBroken,
    // A trigger's SIGNAL, or RAISE.
    codes: [1644, 'SQLITE_CONSTRAINT_TRIGGER'],
    pattern: /append-only/,
    message: 'what has been posted is not changed',
    hint: 'correct it by what comes after: a reversing journal, an adjustment, another rate card',
  },
  {
    code: 'DATABASE_VALUE',
    class: 'data',
    exitCode: failed,
    // RAISE of the triggers that hold integers on SQLite.
    codes: ['SQLITE_CONSTRAINT_TRIGGER'],
    pattern: /datatype mismatch/,
    message: 'a value does not fit its column',
    hint: 'the message names the table; a sum or a number beyond 63 bits is none that can be kept',
  },
  {
    code: 'DATABASE_CONSTRAINT',
    class: 'data',
    exitCode: failed,
    // Duplicate key, NULL where none may be, foreign keys, CHECK (MySQL 3819, MariaDB 4025), a view's CHECK OPTION, no
    // partition for a value, a trigger's SIGNAL.
    codes: [
      1062,
      1557,
      1586,
      1761,
      1762,
      1048,
      1216,
      1217,
      1451,
      1452,
      3819,
      4025,
      1369,
      1526,
      1644,
      'SQLITE_CONSTRAINT',
    ],
    message: 'a row breaks a constraint of its table',
    hint: 'the message names the constraint',
  },
  {
    code: 'DATABASE_VALUE',
    class: 'data',
    exitCode: failed,
    // Out of range, data truncated, wrong value, division by zero, wrong value for a column, too long, characters that
    // a character set lacks (MariaDB 1977, MySQL 3854), JSON that is none.
    codes: [
      1264,
      1265,
      1292,
      1300,
      1365,
      1366,
      1367,
      1406,
      1411,
      1690,
      1977,
      3140,
      3854,
      'SQLITE_MISMATCH',
      'SQLITE_TOOBIG',
    ],
    message: 'a value does not fit its column',
    hint: 'the message names the column',
  },
  {
    code: 'UNREADABLE_VALUE',
    class: 'data',
    exitCode: usage,
    codes: ['UNREADABLE_VALUE'],
    message: 'a value cannot be read',
    hint: 'the message names the row',
  },
];
