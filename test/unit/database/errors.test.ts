import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { createRegistry } from '../../../src/cli/create-registry.ts';
import { classifyError, toSettleError } from '../../../src/database/errors.ts';
import { ExitCode, SettleError } from '../../../src/errors.ts';
import { platform } from '../../../src/platform.ts';

// As the command line begins: each domain says what errors about its tables mean.
beforeAll(() => createRegistry(platform).useErrorRules());

/** Numbers and names of the servers' errors, as the driver knows them. */
function driverErrors(): [number, string][] {
  const driver = createRequire(import.meta.url).resolve('mysql2');
  const text = readFileSync(join(dirname(driver), 'lib', 'constants', 'errors.js'), 'utf8');
  const found = [...text.matchAll(/^exports\.((?:ER|EE)_\w+) = (\d+);/gm)];
  expect(found.length).toBeGreaterThan(1_000);
  return found.map(([, name, number]) => [Number(number), name]);
}

/** Words of limits, in names of errors. */
const LIMIT = new RegExp(
  'LIMIT|FULL|TOO_(MANY|BIG|LARGE|LONG|DEEP|MUCH)|EXCEED|TIMEOUT|INTERRUPT|DENIED|PRIVIL|READ_?ONLY|OUT_?OF|NO_SUCH|' +
    'BAD_(FIELD|TABLE|DB)|MEMORY|DISK|_SPACE|QUOTA|CRASHED|CORRUPT|PREVENTS|EXPIRED|KILLED|DISABLED|ABORT|OFFLINE|' +
    'OVERRUN|ROW_?SIZE|CAPACITY|PRIMARY_KEY|WITHOUT_PK|DEADLOCK|UNKNOWN_(TABLE|SYSTEM|STORAGE|COLL|CHAR)|' +
    'CANT_(OPEN|WRITE)|REACHED|SAFE_MODE|DEFAULT_FOR_FIELD|BLOCKED',
);
/** What settle has nothing to do with: replication, routines, partitions, full text, JSON, shapes, the making of users. */
const ELSEWHERE = new RegExp(
  'REPLICA|SLAVE|MASTER|SOURCE|RELAY|GTID|MTS_|XA(ER|_)|GEOM|GIS|SRS|LATITUDE|LONGITUDE|POLYGON|JSON|JT_|PART|_UDF|' +
    'PLUGIN|_SP_|SPVAR|SROUTINE|BODY|TRG|EVENT|BINLOG|GR(P|OUP)?_|RESOURCE_GROUP|HISTOGRAM|FT_|FULLTEXT|REGEX|COMMENT|' +
    'VIEW|CURSOR|HANDLER|KEYRING|PASSWORD|TABLESPACE|LOAD|COMPONENT|ROLE|CLONE|_RPL|LDAP|UPGRADE|AUDIT|FIREWALL|' +
    'PRIVILEGE_|PERSIST|BULK|FUNCTIONAL|_MV_|WINDOW|WARN|LOG|DEBUG|FPARSER|OPTION|LIBRARY|LOCKING_SERVICE|FEDERATED',
);
const UNREACHABLE = new Set([
  // Of the client's own library, which is not used.
  ...['EE_UNKNOWN_CHARSET', 'EE_UNKNOWN_COLLATION', 'EE_CANT_OPEN_STREAM', 'EE_CAPACITY_EXCEEDED'],
  ...[
    'EE_PACKETS_OUT_OF_ORDER',
    'EE_DISK_FULL_WITH_RETRY_MSG',
    'EE_RESET_CHAR_OUT_OF_RANGE',
    'EE_USING_DISABLED_SHORT_OPTION',
  ],
  // Statements that settle does not write: CREATE DATABASE, KILL, SET columns, SELECT INTO, LOCK TABLES, ENUM, UNCOMPRESS.
  ...['ER_CANT_CREATE_DB', 'ER_NO_SUCH_THREAD', 'ER_KILL_DENIED_ERROR', 'ER_TOO_BIG_SET', 'ER_TOO_MANY_ROWS'],
  ...['ER_TOO_BIG_ENUM', 'ER_TOO_LONG_SET_ENUM_VALUE', 'ER_TOO_BIG_FOR_UNCOMPRESS', 'ER_NO_SUCH_DB'],
  ...['ER_CHECK_NO_SUCH_TABLE', 'ER_NO_SUCH_KEY_VALUE', 'ER_COND_ITEM_TOO_LONG', 'ER_TOO_MANY_VALUES_ERROR'],
  // Names, types and joins of its statements are fixed and within the limits.
  ...['ER_TOO_LONG_IDENT', 'ER_NO_SUCH_INDEX', 'ER_TOO_MANY_TABLES', 'ER_TOO_MUCH_AUTO_TIMESTAMP_COLS'],
  ...[
    'ER_TOO_BIG_SCALE',
    'ER_TOO_BIG_PRECISION',
    'ER_TOO_BIG_DISPLAYWIDTH',
    'ER_INTERSECT_ALL_MAX_DUPLICATES_EXCEEDED',
  ],
  // Its transactions are never READ UNCOMMITTED; help tables, caches, hosts and expressions of others.
  ...['ER_READ_ONLY_TRANSACTION', 'ER_CORRUPT_HELP_DB', 'ER_QUERY_CACHE_DISABLED', 'ER_HOSTNAME_TOO_LONG'],
  ...['ER_FEATURE_DISABLED_SEE_DOC', 'ER_CLIENT_LOCAL_FILES_DISABLED', 'ER_INNODB_REDO_DISABLED'],
  ...['ER_STD_OUT_OF_RANGE_ERROR', 'ER_VALUE_OUT_OF_RANGE', 'ER_CAPACITY_EXCEEDED_IN_RANGE_OPTIMIZER'],
  ...['ER_REDUCED_DBLWR_FILE_CORRUPTED', 'ER_REQUIRE_TABLE_PRIMARY_KEY_CHECK_GENERATE_WITH_GR'],
  ...[
    'ER_UKNOWN_AUTH_ID_OR_ACCESS_DENIED_FOR_GRANT_AS',
    'ER_CANT_CHANGE_SYS_VAR_IN_READ_ONLY_MODE',
    'ER_REMOVED_SPACES',
  ],
]);

/** As errors arrive from another thread: properties, no class. */
const plain = (properties: Record<string, unknown>) => ({ message: 'text', ...properties });

describe('classifyError', () => {
  test.each([
    ['deadlock', { errno: 1213, code: 'ER_LOCK_DEADLOCK' }],
    ['lock wait timeout', { errno: 1205, code: 'ER_LOCK_WAIT_TIMEOUT' }],
    ['server shutdown', { errno: 1053 }],
    ['server has gone away', { errno: 2006 }],
    ['connection lost during query', { errno: 2013 }],
    ['killed connection, MariaDB', { errno: 1927 }],
    ['killed connection, MySQL', { errno: 3169 }],
    ['too many connections', { errno: 1040 }],
    ['too many user connections', { errno: 1203 }],
    ['read-only server', { errno: 1290, sqlMessage: 'running with the --read-only option' }],
    ['statement that was killed', { errno: 1317 }],
    ['rolled back by a cluster', { errno: 1180, sqlMessage: 'Got error 149 "Lock deadlock; Retry" during COMMIT' }],
    ['too many prepared statements', { errno: 1461 }],
    ['no memory', { errno: 1037 }],
    ['read-only mode', { errno: 1836 }],
    ['read-only transaction', { errno: 1792 }],
    ['reset', { errno: -104, code: 'ECONNRESET', syscall: 'read' }],
    ['broken pipe', { errno: -32, code: 'EPIPE' }],
    ['closed by the server', { code: 'PROTOCOL_CONNECTION_LOST', fatal: true }],
    ['refused', { errno: -111, code: 'ECONNREFUSED' }],
    ['closed state', { message: "Can't add new command when connection is in closed state", fatal: true }],
    ['SQLite busy', { code: 'SQLITE_BUSY' }],
    ['SQLite busy, extended', { code: 'SQLITE_BUSY_SNAPSHOT' }],
    ['SQLite table locked', { code: 'SQLITE_LOCKED_SHAREDCACHE' }],
  ])('%s is transient', (_name, properties) => {
    expect(classifyError(plain(properties))).toBe('transient');
    expect(classifyError(Object.assign(new Error('text'), properties))).toBe('transient');
  });

  test.each([
    ['duplicate key', { errno: 1062 }],
    ['out of range', { errno: 1264 }],
    ['incorrect value', { errno: 1366 }],
    ['too long', { errno: 1406 }],
    ['foreign key', { errno: 1452 }],
    ['check, MySQL', { errno: 3819 }],
    ['check, MariaDB', { errno: 4025 }],
    ['NULL', { errno: 1048 }],
    ['SQLite unique', { code: 'SQLITE_CONSTRAINT_UNIQUE' }],
    ['SQLite check', { code: 'SQLITE_CONSTRAINT_CHECK' }],
    ['SQLite too big', { code: 'SQLITE_TOOBIG' }],
    ['a value that a scan cannot read', { code: 'UNREADABLE_VALUE', isSettleError: true }],
  ])('%s is data', (_name, properties) => {
    expect(classifyError(plain(properties))).toBe('data');
  });

  test.each([
    ['syntax', { errno: 1064 }],
    ['missing table', { errno: 1146 }],
    ['access denied', { errno: 1045 }],
    ['full disk', { code: 'SQLITE_FULL' }],
    ['full table', { errno: 1114 }],
    ['no database file', { code: 'SQLITE_NOTADB' }],
    ['programming error', { code: undefined }],
    ['our own constraint lookalike', { message: 'SQLITE_BUSY in the text only' }],
  ])('%s is fatal', (_name, properties) => {
    expect(classifyError(plain(properties))).toBe('fatal');
  });

  test.each([undefined, null, 'deadlock', 42])('%j is fatal', (value) => {
    expect(classifyError(value)).toBe('fatal');
  });

  test('a SettleError is what its cause is', () => {
    const cause = plain({ errno: 1213 });
    expect(classifyError(new SettleError('X', ExitCode.failed, 'x', { cause }))).toBe('transient');
    expect(classifyError(toSettleError(cause))).toBe('transient');
    expect(classifyError(new SettleError('X', ExitCode.failed, 'x'))).toBe('fatal');
  });
});

describe('toSettleError', () => {
  test('a lost table or column of the platform is named as the platform’s', () => {
    const lost = [
      { errno: 1146, sqlMessage: "Table 'd.challenge_member' doesn't exist" },
      { code: 'SQLITE_ERROR', message: 'no such table: challenge_proof' },
      { errno: 1146, sqlMessage: "Table 'd.deposit_entry' doesn't exist" },
      { errno: 1054, sqlMessage: "Unknown column 'v.viewed_at' in 'SELECT'" },
      { code: 'SQLITE_ERROR', message: 'no such column: viewed_at' },
      { code: 'SQLITE_ERROR', message: 'table view_log has no column named viewer_id' },
    ];
    for (const error of lost) {
      const { message, hint, exitCode } = toSettleError(plain(error));
      expect(`${message} ${hint}`).toMatch(/platform.* `settle migrate` does not/);
      expect(message).toMatch(/\b(challenge_member|challenge_proof|deposit_entry|view_log)\b/);
      expect(exitCode).toBe(ExitCode.usage);
    }
    const own = toSettleError(plain({ errno: 1054, sqlMessage: "Unknown column 'payout_no' in 'SELECT'" }));
    expect(own.hint).toContain('run `settle migrate`');
  });

  test('a missing table of the project is for its author to make', () => {
    for (const error of [
      { errno: 1146, sqlMessage: "Table 'd.orders' doesn't exist" },
      { code: 'SQLITE_ERROR', message: 'no such table: orders' },
      { code: 'SQLITE_ERROR', message: 'no such table: main.orders' },
    ]) {
      const { exitCode, code, hint } = toSettleError(plain(error));
      expect([exitCode, code]).toEqual([ExitCode.usage, 'DATABASE_TABLE_MISSING']);
      expect(hint).toContain('a table of your own');
    }
  });

  test('a missing table of settle is an old schema', () => {
    const mysql = toSettleError(plain({ errno: 1146, sqlMessage: "Table 'd.settle_lot' doesn't exist" }));
    expect(mysql).toMatchObject({ exitCode: ExitCode.schemaOutdated, code: 'DATABASE_TABLE_MISSING' });
    expect(mysql.hint).toContain('settle migrate');
    const sqlite = toSettleError({
      code: 'SQLITE_ERROR',
      message: 'select * from `settle_lot` - no such table: settle_lot',
      sqlMessage: 'no such table: settle_lot',
    });
    expect(sqlite.exitCode).toBe(ExitCode.schemaOutdated);
    expect(sqlite.message).toBe('the database lacks a table: no such table: settle_lot');
    const named = { code: 'SQLITE_ERROR', message: 'no such table: main.settle_lot' };
    expect(toSettleError(plain(named)).exitCode).toBe(ExitCode.schemaOutdated);
  });

  test('a missing privilege is named', () => {
    const error = toSettleError(
      plain({ errno: 1142, sqlMessage: "CREATE command denied to user 'u'@'h' for table `d`.`t`" }),
    );
    expect(error.exitCode).toBe(ExitCode.usage);
    expect(error.message).toContain('CREATE command denied');
  });

  test.each([
    ['MySQL disk full', { errno: 1021 }],
    ['table full', { errno: 1114 }],
    ['error 28', { errno: 1030, sqlMessage: 'Got error 28 "No space left on device" from storage engine' }],
    ['SQLite', { code: 'SQLITE_FULL' }],
    ['operating system', { code: 'ENOSPC', errno: -28 }],
  ])('a full disk: %s', (_name, properties) => {
    expect(toSettleError(plain(properties)).code).toBe('DISK_FULL');
  });

  test('other storage engine errors are not a full disk', () => {
    expect(toSettleError(plain({ errno: 1030, sqlMessage: 'Got error 168 from storage engine' })).code).toBe(
      'DATABASE_STORAGE_ERROR',
    );
  });

  // One number, several meanings: the text decides.
  test.each([
    [1290, 'The MariaDB server is running with the --read-only option so it cannot', 'DATABASE_READ_ONLY', 1],
    [1290, 'The MySQL server is running with the --super-read-only option', 'DATABASE_READ_ONLY', 1],
    [1290, 'running with the --max-session-mem-used=8192 option', 'DATABASE_OUT_OF_MEMORY', 1],
    [1290, 'running with the --skip-grant-tables option', 'DATABASE_OPTION_PREVENTS', 2],
    [1226, "User 'u' has exceeded the 'max_user_connections' resource", 'DATABASE_TOO_MANY_CONNECTIONS', 1],
    [1226, "User 'u' has exceeded the 'max_updates' resource", 'DATABASE_QUOTA_USED_UP', 1],
    [1226, "User 'u' has exceeded the 'max_questions' resource", 'DATABASE_QUOTA_USED_UP', 1],
    [1114, "The table '/tmp/#sql-temptable-1-9-3' is full", 'DATABASE_TEMPORARY_SPACE', 1],
    [1114, "The table '(temporary)' is full", 'DATABASE_TEMPORARY_SPACE', 1],
    [1114, "The table 'settle_journal' is full", 'DISK_FULL', 1],
    [1021, 'Disk full (/tmp/#sql-1_3.MAD); waiting for someone to free some space', 'DATABASE_TEMPORARY_SPACE', 1],
    [1184, 'Aborted connection 3 to db (init_connect command failed)', 'DATABASE_INIT_CONNECT', 2],
    [1184, 'Aborted connection 3 to db (Got an error reading communication packets)', 'DATABASE_CONNECTION_LOST', 1],
    [1180, 'Got error 5 "Input/output error" during COMMIT', 'DATABASE_STORAGE_ERROR', 1],
    [1180, 'Got error 90 "Message too long" during COMMIT, maximum writeset size', 'DATABASE_TRANSACTION_TOO_LARGE', 1],
    [1016, "Can't open file: './d/t.frm' (errno: 24 \"Too many open files\")", 'DATABASE_TOO_MANY_FILES', 1],
    [1016, "Can't open file: 't.MYI' (errno: 145)", 'DATABASE_DAMAGED', 1],
    [1173, 'This table type requires a primary key', 'DATABASE_PRIMARY_KEY_REQUIRED', 2],
    [3750, 'Unable to create or change a table without a primary key', 'DATABASE_PRIMARY_KEY_REQUIRED', 2],
    [1969, 'Query execution was interrupted (max_statement_time exceeded)', 'DATABASE_STATEMENT_TIMEOUT', 1],
    [
      3024,
      'Query execution was interrupted, maximum statement execution time exceeded',
      'DATABASE_STATEMENT_TIMEOUT',
      1,
    ],
    [1104, 'The SELECT would examine more than MAX_JOIN_SIZE rows', 'DATABASE_SELECT_TOO_LARGE', 2],
    [1153, "Got a packet bigger than 'max_allowed_packet' bytes", 'DATABASE_PACKET_TOO_LARGE', 1],
    [1118, 'Row size too large', 'DATABASE_TABLE_LIMIT', 2],
    [1364, "Field 'x' doesn't have a default value", 'DATABASE_COLUMN_REQUIRED', 2],
    [1665, 'impossible to write to binary log since BINLOG_FORMAT = STATEMENT', 'DATABASE_BINARY_LOG', 2],
  ])('%i %s', (errno, sqlMessage, code, exitCode) => {
    expect(toSettleError(plain({ errno, sqlMessage }))).toMatchObject({ code, exitCode });
  });

  test('every limit in the list of MySQL’s errors that a run can meet has a line of its own', () => {
    const unnamed = driverErrors().filter(
      ([errno, name]) =>
        LIMIT.test(name) &&
        !ELSEWHERE.test(name) &&
        !UNREACHABLE.has(name) &&
        toSettleError(plain({ errno })).code === 'UNEXPECTED',
    );
    expect(unnamed).toEqual([]);
  });

  test('an error of many addresses has no text but a code', () => {
    const error = toSettleError(Object.assign(new AggregateError([]), { code: 'ECONNREFUSED' }), 'mysql://h:1/d');
    expect(error.message).toBe('the database server cannot be reached (mysql://h:1/d): ECONNREFUSED');
    expect(error.exitCode).toBe(ExitCode.failed);
  });

  test('an unknown error is one line, and a SettleError stays itself', () => {
    expect(toSettleError(new Error('first\nsecond')).message).toBe('first');
    const own = new SettleError('X', ExitCode.usage, 'x');
    expect(toSettleError(own)).toBe(own);
  });

  test('no more than 500 characters of a driver reach the operator', () => {
    expect(toSettleError(new Error('x'.repeat(9999))).message.length).toBe(500);
  });
});
