/** Tables and columns that are missing, or of another shape than settle needs. */
import { ExitCode } from '../../errors.ts';
import type { ErrorRule } from './error-rule.ts';

const { usage, schemaOutdated } = ExitCode;

const COLUMN_ADVICE =
  'run `settle migrate`; if that finds nothing to do, `settle doctor` names what the platform’s tables lack, and a column of settle’s own comes back from a backup';

export const schemaRules: readonly ErrorRule[] = [
  {
    code: 'DATABASE_TABLE_MISSING',
    class: 'fatal',
    // Not 10: the schema of settle is up to date.
    exitCode: usage,
    codes: [1146, 'SQLITE_ERROR'],
    // No table of settle's own, in the words of the servers and of SQLite.
    pattern: /\bTable '[^'.]*\.(?!settle_|BATCH_)|no such table: (?!(?:main\.)?(?:settle_|BATCH_))/i,
    message: 'the database lacks a table',
    hint: 'a table of your own is made by a migration that the config file lists, and `settle migrate`; is this its database?',
  },
  {
    code: 'DATABASE_TABLE_MISSING',
    class: 'fatal',
    exitCode: schemaOutdated,
    // And a sequence (MariaDB).
    codes: [1146, 1051, 1109, 4089, 4090, 4091],
    message: 'the database lacks a table',
    hint: 'run `settle migrate`; if that finds nothing to do, the table was removed later: restore the database from a backup',
  },
  {
    code: 'DATABASE_TABLE_MISSING',
    class: 'fatal',
    exitCode: schemaOutdated,
    codes: ['SQLITE_ERROR'],
    pattern: /no such table/,
    message: 'the database lacks a table',
    hint: 'run `settle migrate`; if that finds nothing to do, the table was removed later: restore the database from a backup',
  },
  {
    code: 'DATABASE_COLUMN_MISSING',
    class: 'fatal',
    // Not 10: what a command finds too old it refuses before; the column was taken away since, or its table is another.
    exitCode: usage,
    codes: [1054],
    message: 'a table lacks a column',
    hint: COLUMN_ADVICE,
  },
  {
    code: 'DATABASE_COLUMN_MISSING',
    class: 'fatal',
    exitCode: usage,
    codes: ['SQLITE_ERROR'],
    pattern: /no such column|has no column named/,
    message: 'a table lacks a column',
    hint: COLUMN_ADVICE,
  },
  {
    code: 'DATABASE_UNKNOWN',
    class: 'fatal',
    exitCode: usage,
    codes: [1049, 1046],
    message: 'the database does not exist',
    hint: 'create it, or correct its name in the database URL',
  },
  {
    code: 'DATABASE_COLUMN_REQUIRED',
    class: 'fatal',
    exitCode: usage,
    // A column without a default (1364), a generated one (MariaDB 1906, MySQL 3105), another number of columns.
    codes: [1364, 1906, 3105, 1136],
    message: 'a table has a column that settle does not fill',
    hint: 'give the column that is named here a default value, or take it off the table',
  },
  {
    code: 'DATABASE_VIEW',
    class: 'fatal',
    exitCode: usage,
    // A view that cannot be written to, or that is not valid any more.
    codes: [1288, 1347, 1348, 1356, 1394, 1471],
    message: 'a view stands where settle needs a table',
    hint: 'correct the view, or put a table in its place',
  },
  {
    code: 'DATABASE_VIEW',
    class: 'fatal',
    exitCode: usage,
    codes: ['SQLITE_ERROR'],
    pattern: /cannot (modify|upsert) .*\bview\b/i,
    message: 'a view stands where settle needs a table',
    hint: 'on SQLite a view takes no new rows: write into the table that it reads, with its own names',
  },
  {
    code: 'DATABASE_PRIMARY_KEY_REQUIRED',
    class: 'fatal',
    exitCode: usage,
    // MariaDB innodb_force_primary_key, MySQL sql_require_primary_key, group replication.
    codes: [1173, 3750, 3098, 4130],
    message: 'the server wants a primary key on each table',
    hint: 'run `settle migrate`: every table of settle has one; a table that is not of settle needs one of its own',
  },
  {
    code: 'DATABASE_TABLE_LIMIT',
    class: 'fatal',
    exitCode: usage,
    // Row, key, key part, columns, path, definition (MariaDB 1967), row versions (MySQL 4092).
    codes: [1069, 1070, 1071, 1074, 1117, 1118, 1709, 1860, 1967, 3913, 4092, 4159],
    message: 'the server cannot make a table of this shape',
    hint: 'settle needs pages of 16 KB (innodb_page_size) and rows of the format DYNAMIC (innodb_default_row_format)',
  },
  {
    code: 'DATABASE_ENGINE_MISSING',
    class: 'fatal',
    exitCode: usage,
    // Unknown, disabled (MySQL 3161, MariaDB 4182), not built in.
    codes: [1286, 1289, 3161, 4182, 1005, 1478],
    message: 'the server does not make this table',
    hint: 'settle needs InnoDB: see disabled_storage_engines, enforce_storage_engine, and SHOW ENGINE INNODB STATUS',
  },
  {
    code: 'DATABASE_ALTER',
    class: 'fatal',
    exitCode: usage,
    // The way to alter a table that was asked for is not there (1845, 1846); too many changes meanwhile (1799).
    codes: [1845, 1846, 1799],
    message: 'the server cannot change a table in this way',
    hint: 'set alter_algorithm to DEFAULT, and run `settle migrate` when little is written',
  },
  {
    code: 'DATABASE_COLLATION',
    class: 'fatal',
    exitCode: usage,
    codes: [1115, 1253, 1267, 1270, 1271, 1273],
    message: 'texts of different collations meet',
    hint: 'the tables of settle are utf8mb4_bin: compare the table with the migration that made it',
  },
];
