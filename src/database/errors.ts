/**
 * Driver errors, sorted: what may be tried again, what is wrong with the data, what must stop the run, and what to tell
 * the operator. One table of codes decides. Errors are known by their own properties (`errno`, `code`), never by their
 * class: they come from several drivers and from other threads.
 */
import { ExitCode, isSettleError, SettleError } from '../errors.ts';

/** `transient`: trying again may help. `data`: this row or value is at fault. `fatal`: neither. */
export type ErrorClass = 'transient' | 'data' | 'fatal';

interface ErrorRule {
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

const { failed, usage, schemaOutdated } = ExitCode;
const NO_CODE = '';
/** Of a driver's text, for one line. */
const TEXT_LENGTH_MAX = 500;

const RULES: readonly ErrorRule[] = [
  {
    code: 'DATABASE_CONFLICT',
    class: 'transient',
    exitCode: failed,
    // Deadlock, lock wait timeout, record changed since it was read (MariaDB snapshot isolation), too many transactions,
    // table definition changed, prepared statement to be prepared anew.
    codes: [1213, 1205, 1020, 1637, 1412, 1615],
    message: 'another transaction was in the way',
    hint: 'start the run again: it continues from its last checkpoint',
  },
  {
    code: 'DATABASE_BUSY',
    class: 'transient',
    exitCode: failed,
    codes: ['SQLITE_BUSY', 'SQLITE_LOCKED'],
    message: 'the database file stayed locked by another process',
    hint: 'wait until the other process has ended, then start the run again',
  },
  {
    code: 'DATABASE_CONNECTION_LOST',
    class: 'transient',
    exitCode: failed,
    // Server shutdown, network read and write errors, killed connection (MariaDB 1927, MySQL 3169), idle timeout (4031),
    // Galera node not ready (1047).
    codes: [
      2006,
      2013,
      2055,
      1053,
      1152,
      1158,
      1159,
      1160,
      1161,
      1927,
      3169,
      4031,
      1047,
      'ECONNRESET',
      'EPIPE',
      'PROTOCOL_CONNECTION_LOST',
      'PROTOCOL_SEQUENCE_TIMEOUT',
    ],
    message: 'the connection to the database was lost',
    hint: 'start the run again: it continues from its last checkpoint',
  },
  {
    code: 'DATABASE_CONNECTION_LOST',
    class: 'transient',
    exitCode: failed,
    codes: [NO_CODE],
    pattern: /closed state|connection lost|server closed the connection/i,
    message: 'the connection to the database was lost',
    hint: 'start the run again: it continues from its last checkpoint',
  },
  {
    code: 'DATABASE_TOO_MANY_CONNECTIONS',
    class: 'transient',
    exitCode: failed,
    codes: [1040, 1203, 1226],
    message: 'the database server takes no more connections',
    hint: 'try again later, use fewer --workers, or raise the limit named here',
  },
  {
    code: 'DATABASE_READ_ONLY',
    class: 'transient',
    exitCode: failed,
    codes: [1290, 1836, 1792],
    message: 'the database server is read-only',
    hint: 'it may be failing over: try again in a while, or point the URL to the primary',
  },
  {
    code: 'DATABASE_UNREACHABLE',
    class: 'transient',
    exitCode: failed,
    codes: ['ECONNREFUSED', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EHOSTDOWN', 'EAI_AGAIN', 'ECONNABORTED'],
    message: 'the database server cannot be reached',
    hint: 'is it running, and are host and port of the database URL right?',
  },
  {
    code: 'DATABASE_UNREACHABLE',
    class: 'fatal',
    exitCode: failed,
    codes: ['ENOTFOUND'],
    message: 'the host of the database is unknown',
    hint: 'check the host name in the database URL',
  },
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
    code: 'DATABASE_CONSTRAINT',
    class: 'data',
    exitCode: failed,
    // Duplicate key, NULL where none may be, foreign keys, CHECK (MySQL 3819, MariaDB 4025).
    codes: [1062, 1557, 1586, 1048, 1216, 1217, 1451, 1452, 3819, 4025, 'SQLITE_CONSTRAINT'],
    message: 'a row breaks a constraint of its table',
    hint: 'the message names the constraint',
  },
  {
    code: 'DATABASE_VALUE',
    class: 'data',
    exitCode: failed,
    // Out of range, data truncated, wrong value, division by zero, wrong value for a column, too long.
    codes: [1264, 1265, 1292, 1365, 1366, 1406, 1411, 1690, 'SQLITE_MISMATCH', 'SQLITE_TOOBIG'],
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
  {
    code: 'DATABASE_TABLE_MISSING',
    class: 'fatal',
    exitCode: schemaOutdated,
    codes: [1146, 1051, 'SQLITE_ERROR'],
    // What other programs fill and read: it was there when the schema was migrated, so migrating does not help.
    pattern: /(no such table: |[.'])(main\.)?(view_log|video|video_daily_stats)('|$)/,
    message: 'the database lacks a table',
    hint: 'this table is the platform’s own: does the database URL name its database? `settle migrate` does not make it again: one that was removed comes back from a backup',
  },
  {
    code: 'DATABASE_TABLE_MISSING',
    class: 'fatal',
    exitCode: schemaOutdated,
    codes: [1146, 1051],
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
    exitCode: schemaOutdated,
    codes: [1054],
    message: 'a table lacks a column',
    hint: 'run `settle migrate`; when the table is the platform’s own, compare it with the documentation',
  },
  {
    code: 'DATABASE_COLUMN_MISSING',
    class: 'fatal',
    exitCode: schemaOutdated,
    codes: ['SQLITE_ERROR'],
    pattern: /no such column|has no column named/,
    message: 'a table lacks a column',
    hint: 'run `settle migrate`; when the table is the platform’s own, compare it with the documentation',
  },
  {
    code: 'DATABASE_TRIGGERS_REFUSED',
    class: 'fatal',
    exitCode: usage,
    // Binary logging is on, and only SUPER may make triggers.
    codes: [1419],
    message: 'the server lets this user make no triggers while it writes a binary log',
    hint: 'set log_bin_trust_function_creators = 1 on the server, or run `settle migrate` once as a user with SUPER; the triggers only refuse changes and write nothing',
  },
  {
    code: 'DATABASE_PRIVILEGE_MISSING',
    class: 'fatal',
    exitCode: usage,
    // Database, table, column, routine, global privilege.
    codes: [1044, 1142, 1143, 1370, 1227],
    message: 'the database user lacks a privilege',
    hint: 'grant it, or use another user in the database URL',
  },
  {
    code: 'DATABASE_ACCESS_DENIED',
    class: 'fatal',
    exitCode: usage,
    // Password, host, plugin, expired password, locked account.
    codes: [1045, 1130, 1251, 1524, 1698, 1820, 1862, 3118, 3955, 4151, 'AUTH_SWITCH_PLUGIN_ERROR'],
    message: 'the database refuses the user',
    hint: 'check user and password in the database URL; special characters must be percent-encoded; a server that takes only encrypted connections may say so by this: add ?ssl-mode=required',
  },
  {
    code: 'DATABASE_UNKNOWN',
    class: 'fatal',
    exitCode: usage,
    codes: [1049],
    message: 'the database does not exist',
    hint: 'create it, or correct its name in the database URL',
  },
  {
    code: 'DATABASE_TLS',
    class: 'fatal',
    exitCode: usage,
    codes: [
      3159,
      'HANDSHAKE_NO_SSL_SUPPORT',
      'HANDSHAKE_SSL_ERROR',
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_HAS_EXPIRED',
      'ERR_TLS_CERT_ALTNAME_INVALID',
    ],
    message: 'no encrypted connection could be made',
    hint: 'check the ssl- options of the database URL',
  },
  {
    code: 'DISK_FULL',
    class: 'fatal',
    exitCode: failed,
    codes: [1021, 1114, 'SQLITE_FULL', 'ENOSPC', 'EDQUOT'],
    message: 'there is no space left on the disk',
    hint: 'free or add disk space, then start the run again: it continues from its last checkpoint',
  },
  {
    code: 'DISK_FULL',
    class: 'fatal',
    exitCode: failed,
    // Storage engine and file errors that carry the operating system's "no space left".
    codes: [1030, 1026, 3, 1024],
    pattern: /error:? 28\b|errno:? 28\b|no space left/i,
    message: 'there is no space left on the disk',
    hint: 'free or add disk space, then start the run again: it continues from its last checkpoint',
  },
  {
    code: 'DATABASE_FILE_READ_ONLY',
    class: 'fatal',
    exitCode: usage,
    codes: ['SQLITE_READONLY'],
    message: 'the database file cannot be written',
    hint: 'check the permissions of the file and of its folder, where SQLite keeps its -wal file',
  },
  {
    code: 'DATABASE_FILE_UNOPENABLE',
    class: 'fatal',
    exitCode: usage,
    codes: ['SQLITE_CANTOPEN', 'SQLITE_PERM', 'SQLITE_AUTH'],
    message: 'the database file cannot be opened',
    hint: 'check that its folder exists and that both may be read and written',
  },
  {
    code: 'DATABASE_FILE_UNOPENABLE',
    class: 'fatal',
    exitCode: usage,
    codes: [NO_CODE],
    pattern: /directory does not exist/,
    message: 'the database file cannot be opened',
    hint: 'create its folder, or correct the path in the database URL',
  },
  {
    code: 'DATABASE_FILE_FOREIGN',
    class: 'fatal',
    exitCode: usage,
    codes: ['SQLITE_NOTADB'],
    message: 'the file is not an SQLite database',
    hint: 'correct the path in the database URL',
  },
  {
    code: 'DATABASE_FILE_DAMAGED',
    class: 'fatal',
    exitCode: failed,
    codes: ['SQLITE_CORRUPT', 'SQLITE_IOERR'],
    message: 'the database file is damaged or its disk fails',
    hint: 'restore it from a backup',
  },
  {
    code: 'DATABASE_PACKET_TOO_LARGE',
    class: 'fatal',
    exitCode: failed,
    codes: [1153],
    message: 'a statement is larger than the server takes',
    hint: 'raise max_allowed_packet on the server to 16M or more',
  },
  {
    code: 'DATABASE_POOL_EXHAUSTED',
    class: 'fatal',
    exitCode: failed,
    codes: [NO_CODE],
    pattern: /Timeout acquiring a connection/,
    message: 'no database connection came free',
    hint: 'this is a fault in the program: a statement outside of the open transaction, probably',
  },
];

const RULES_BY_CODE = new Map<number | string, ErrorRule[]>();
for (const rule of RULES) {
  for (const code of rule.codes) RULES_BY_CODE.set(code, [...(RULES_BY_CODE.get(code) ?? []), rule]);
}

/** How an error is to be handled. Unknown errors are fatal. A SettleError is what its cause is. */
export function classifyError(error: unknown): ErrorClass {
  const own = ruleOf(error)?.class;
  if (own !== undefined) return own;
  const cause = isSettleError(error) ? error.cause : undefined;
  return (cause === undefined ? undefined : ruleOf(cause)?.class) ?? 'fatal';
}

/**
 * The error as one clear line with a hint and an exit code. SettleErrors are returned as they are; unknown errors keep
 * the first line of their message. `where` (a display URL, say) is named in the message.
 */
export function toSettleError(error: unknown, where?: string): SettleError {
  if (isSettleError(error)) return error;
  const text = driverText(error);
  const rule = ruleOf(error);
  const place = where === undefined ? '' : ` (${where})`;
  if (rule === undefined) {
    return new SettleError('UNEXPECTED', failed, `${text}${place}`, {
      hint: 'this was not foreseen; run again with --log-level debug for more, and report it',
      cause: error,
    });
  }
  return new SettleError(rule.code, rule.exitCode, `${rule.message}${place}: ${text}`, {
    hint: rule.hint,
    cause: error,
  });
}

function ruleOf(error: unknown): ErrorRule | undefined {
  if (typeof error !== 'object' || error === null) return undefined;
  const { errno, code } = error as { errno?: unknown; code?: unknown };
  const keys: (number | string)[] = [];
  // Node's own errors have negative numbers, which say nothing that their code does not.
  if (typeof errno === 'number' && errno > 0) keys.push(errno);
  if (typeof code === 'string') keys.push(code, code.split('_', 2).join('_'));
  if (keys.length === 0) keys.push(NO_CODE);
  const text = driverText(error);
  for (const key of keys) {
    const rule = RULES_BY_CODE.get(key)?.find(({ pattern }) => pattern === undefined || pattern.test(text));
    if (rule !== undefined) return rule;
  }
  return undefined;
}

/** The driver's own words, on one line. knex's message has the statement before them; open.ts keeps them apart. */
function driverText(error: unknown): string {
  if (typeof error !== 'object' || error === null) return String(error);
  const { sqlMessage, message } = error as { sqlMessage?: unknown; message?: unknown };
  const text = typeof sqlMessage === 'string' ? sqlMessage : typeof message === 'string' ? message : '';
  const line = text.trim().split('\n', 1)[0];
  return line === '' ? nameOf(error) : line.slice(0, TEXT_LENGTH_MAX);
}

/** AggregateError, which Node throws when all addresses of a host refuse, has an empty message but a code. */
function nameOf(error: unknown): string {
  const { code, name } = error as { code?: unknown; name?: unknown };
  return typeof code === 'string' ? code : typeof name === 'string' ? name : 'unknown error';
}
