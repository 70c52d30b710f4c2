/**
 * Databases for integration tests. Test files loop over the dialects and take a database of their own:
 *
 *   describe.each(testDatabases())('job repository on $name', ({ name }) => {
 *     beforeEach(async () => { test = await freshPlatform(name); });
 *     afterEach(() => test.drop());
 */
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { inject } from 'vitest';
import type { DatabaseKind } from './database-kind.ts';
import { installSchema, type Schema } from './install-schema.ts';
import type {} from './servers/global-setup.ts';
import { isThorough } from './thorough.ts';

export type { DatabaseKind };

export interface TestDatabase {
  readonly kind: DatabaseKind;
  /** As settle's own settings take it. */
  readonly url: string;
  /** Removes it; the test has closed its connections before. Idempotent. */
  drop(): Promise<void>;
}

/** The dialects this run can test, for `describe.each`. MySQL is missing where the machine has none. */
export function testDatabases(): { readonly name: DatabaseKind }[] {
  const mysql = inject('servers').mysql === undefined ? [] : [{ name: 'mysql' as const }];
  return [{ name: 'sqlite' }, { name: 'mariadb' }, ...mysql];
}

/**
 * As `testDatabases`, of the servers one: half of the files on each, told by the file's name, both in `make test-thorough`.
 * For tests that run whole jobs, where what differs between the servers has tests of its own (test/integration/database,
 * test/integration/steps, daily/oracle, daily/crash).
 * @param file `import.meta.url` of the test file
 */
export function sampledDatabases(file: string): { readonly name: DatabaseKind }[] {
  const all = testDatabases();
  return isThorough || all.length < 3 ? all : all.filter(({ name }) => name !== leftOut(file));
}

/** As `serverDatabases`, one of the two, told by the file's name; both in `make test-thorough`. For tests of many processes. */
export function sampledServers(file: string): { readonly name: 'mariadb' | 'mysql' }[] {
  const all = serverDatabases();
  return isThorough || all.length < 2 ? all : all.filter(({ name }) => name !== leftOut(file));
}

function leftOut(file: string): 'mariadb' | 'mysql' {
  const name = file.slice(file.lastIndexOf('/') + 1);
  const sum = [...name].reduce((total, letter) => total + letter.charCodeAt(0), 0);
  return sum % 2 === 0 ? 'mariadb' : 'mysql';
}

/** As `testDatabases`, without SQLite: for what only servers have. */
export function serverDatabases(): { readonly name: 'mariadb' | 'mysql' }[] {
  return testDatabases().flatMap(({ name }) => (name === 'sqlite' ? [] : [{ name }]));
}

/** URL of a Redis that this test run shares; prefix your keys. */
export function testRedisUrl(): string {
  return inject('servers').redis;
}

/**
 * A new, empty database. No two tests ever share one: its name is registered in a folder common to all test
 * processes, and taking a name twice throws.
 */
export async function freshDatabase(kind: DatabaseKind, name = uniqueName()): Promise<TestDatabase> {
  if (!/^[a-z][a-z0-9_]{0,60}$/.test(name)) throw new Error(`not a database name: ${name}`);
  const { registry } = inject('servers');
  const entry = join(registry, `${kind}.${name}`);
  try {
    writeFileSync(entry, '', { flag: 'wx' });
  } catch (error) {
    throw new Error(`database ${name} on ${kind} is in use by another test`, { cause: error });
  }
  if (kind === 'sqlite') {
    const path = join(registry, `${name}.db`);
    const files = [path, `${path}-wal`, `${path}-shm`, entry];
    return {
      kind,
      url: `sqlite:${path}`,
      drop: async () => {
        for (const file of files) rmSync(file, { force: true });
      },
    };
  }
  await administer(kind, `CREATE DATABASE \`${name}\` CHARACTER SET utf8mb4`);
  const url = new URL(serverUrl(kind));
  url.pathname = `/${name}`;
  return {
    kind,
    url: url.href,
    drop: async () => {
      await administer(kind, `DROP DATABASE IF EXISTS \`${name}\``);
      rmSync(entry, { force: true });
    },
  };
}

/** As `freshDatabase`, with the platform's tables in it. */
export async function freshPlatform(kind: DatabaseKind): Promise<TestDatabase> {
  return await freshSchema(kind, 'platform');
}

/** As `freshDatabase`, with the engine's tables in it. */
export async function freshEngine(kind: DatabaseKind): Promise<TestDatabase> {
  return await freshSchema(kind, 'engine');
}

async function freshSchema(kind: DatabaseKind, schema: Schema): Promise<TestDatabase> {
  const database = await freshDatabase(kind);
  await installSchema(database.url, schema);
  return database;
}

/** Runs one statement as the administrator of the test server, outside of any database. */
export async function administer(kind: 'mariadb' | 'mysql', sql: string): Promise<void> {
  const connection = await createConnection(serverUrl(kind));
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}

function serverUrl(kind: 'mariadb' | 'mysql'): string {
  const url = inject('servers')[kind];
  if (url === undefined) throw new Error(`this test run has no ${kind} server`);
  const server = new URL(url);
  server.pathname = '/';
  return server.href;
}

function uniqueName(): string {
  return `settle_test_${process.pid}_${randomBytes(6).toString('hex')}`;
}
