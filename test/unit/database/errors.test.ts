import { describe, expect, test } from 'vitest';
import { classifyError, toSettleError } from '../../../src/database/errors.ts';
import { ExitCode, SettleError } from '../../../src/errors.ts';

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
    ['read-only server', { errno: 1290 }],
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
  test('a missing table is an old schema', () => {
    const mysql = toSettleError(plain({ errno: 1146, sqlMessage: "Table 'd.video' doesn't exist" }));
    expect(mysql).toMatchObject({ exitCode: ExitCode.schemaOutdated, code: 'DATABASE_TABLE_MISSING' });
    expect(mysql.hint).toContain('settle migrate');
    const sqlite = toSettleError({
      code: 'SQLITE_ERROR',
      message: 'select * from `video` - no such table: video',
      sqlMessage: 'no such table: video',
    });
    expect(sqlite.exitCode).toBe(ExitCode.schemaOutdated);
    expect(sqlite.message).toBe('the database lacks a table: no such table: video');
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
      'UNEXPECTED',
    );
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
