/** A job in one file: typed parameters, partitions without a module of their own, its command line. */
import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { parseParameters } from '../../../src/engine/parse-parameters.ts';
import { defineJob, file, replaySkipped, runJob, task } from '../../../src/index.ts';
import { listStepExecutions } from '../../../src/repository/step-execution.ts';
import { orders } from '../../fixtures/jobs/orders.ts';
import { waiting } from '../../fixtures/jobs/waiting.ts';
import { freshEngine, testDatabases } from '../../support/databases.ts';

async function makeTables({ knex }: Database, bad: number): Promise<void> {
  await knex.schema.createTable('orders', (table) => {
    table.bigInteger('id').primary();
    table.bigInteger('amount').notNullable();
  });
  await knex.schema.createTable('prices', (table) => {
    table.bigInteger('id').primary();
    table.bigInteger('amount').notNullable();
    table.string('day', 10).notNullable();
  });
  await knex.schema.createTable('tenants', (table) => table.string('name', 10).notNullable());
  await knex.schema.createTable('counts', (table) => {
    table.string('day', 10);
    table.string('above', 30);
  });
  const rows = Array.from({ length: 20 }, (_none, index) => ({ id: index + 1, amount: index + 1 === bad ? 101 : 10 }));
  await knex('orders').insert(rows);
}

describe.each(testDatabases())('a job in one file on $name', ({ name }) => {
  let place: Awaited<ReturnType<typeof freshEngine>>;
  let database: Database;
  beforeEach(async () => {
    place = await freshEngine(name);
    database = await openDatabase(place.url);
  });
  afterEach(async () => {
    await database.close();
    await place.drop();
  });

  test('its partitions run in threads, with typed parameters, and their skipped records are replayed', async () => {
    await makeTables(database, 7);
    const { knex } = database;
    const result = await runJob(database, orders, { date: '2024-01-31' }, { workers: 2, partitions: 3 });
    expect([result.outcome, result.error?.message]).toEqual(['completed-with-skips', undefined]);
    const prices = await knex('prices').orderBy('id').pluck('id');
    expect(prices.map(Number)).toEqual(
      Array.from({ length: 20 }, (_none, index) => index + 1).filter((id) => id !== 7),
    );
    expect(await knex('prices').where({ id: 1 }).first()).toMatchObject({ day: '2024-01-31' });
    expect(await knex('tenants').orderBy('name').pluck('name')).toEqual(['A', 'B']);
    expect(await knex('counts')).toEqual([{ day: '2024-01-31', above: '101' }]);
    expect(await replaySkipped(database, orders, result.execution)).toEqual({ replayed: 1, failed: [] });
    expect(Number((await knex('prices').where({ id: 7 }).first()).amount)).toBe(2);
  });
});

test.each(testDatabases().filter(({ name }) => name !== 'mysql'))(
  'a stop reaches what the partitions wait for on $name',
  async ({ name }) => {
    const place = await freshEngine(name);
    const database = await openDatabase(place.url);
    const stop = new AbortController();
    const asked: string[] = [];
    let isAnswering = false;
    const server = createServer((request, response) => {
      const item = request.url!.slice(1);
      asked.push(item);
      if (isAnswering || item.endsWith('1')) response.end(item.toUpperCase());
      // Both partitions wait for their second item.
      else if (asked.includes('a2') && asked.includes('b2')) setTimeout(() => stop.abort('SIGTERM'), 20);
    });
    try {
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
      await database.knex.schema.createTable('tenants', (table) => table.string('name', 10).notNullable());
      const stopped = await runJob(database, waiting, { url }, { workers: 2, signal: stop.signal });
      expect([stopped.outcome, stopped.exitCode, stopped.error?.message]).toEqual(['stopped', 143, undefined]);
      const steps = await listStepExecutions(database, stopped.execution.id);
      expect(steps.map(({ stepName, status }) => [stepName, status]).sort()).toEqual([
        ['call', 'STOPPED'],
        ['call:0', 'STOPPED'],
        ['call:1', 'STOPPED'],
      ]);
      isAnswering = true;
      expect(await runJob(database, waiting, { url }, { workers: 2 })).toMatchObject({ outcome: 'completed' });
      expect(await database.knex('tenants').orderBy('name').pluck('name')).toEqual([
        'A1',
        'A2',
        'A3',
        'B1',
        'B2',
        'B3',
      ]);
    } finally {
      server.closeAllConnections();
      server.close();
      await database.close();
      await place.drop();
    }
  },
);

test('main is the command line of the job: migrate, run, skipped, replay, show', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-main-'));
  const path = join(folder, 'orders.db');
  const module = new URL('../../fixtures/jobs/orders.ts', import.meta.url).pathname;
  const run = (...args: string[]) =>
    new Promise<{ code: number; out: string; err: string }>((resolve) => {
      const env = { ...process.env, SETTLE_DATABASE_URL: `sqlite:${path}`, SETTLE_LOG: 'warn' };
      const child = execFile(process.execPath, [module, ...args], { env }, (_error, out, err) => {
        resolve({ code: child.exitCode ?? -1, out, err });
      });
    });
  try {
    expect(await run('migrate')).toMatchObject({ code: 0 });
    const database = await openDatabase(`sqlite:${path}`);
    await makeTables(database, 7);
    await database.close();
    expect(await run('-p', 'date=31.1.2024')).toMatchObject({
      code: 2,
      err: expect.stringMatching(/^settle: date: .*calendar date/),
    });
    const ran = await run('-p', 'date=2024-01-31', '--workers', '1');
    expect([ran.code, ran.err]).toEqual([3, '']);
    expect((await run('skipped', '1')).out).toContain('amount 101 is above 100');
    expect(await run('replay', '1')).toMatchObject({ code: 0, out: expect.stringContaining('1 replayed') });
    expect((await run('show', '--last')).out).toContain('price');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('a program stops at SIGTERM with 143, and the same command goes on; at SIGKILL, it takes over', async () => {
  const place = await freshEngine('sqlite');
  const database = await openDatabase(place.url);
  const module = new URL('../../fixtures/jobs/waiting.ts', import.meta.url).pathname;
  const asked: string[] = [];
  const answered = new Set(['a1', 'b1']);
  let waits: (() => void) | undefined;
  const server = createServer((request, response) => {
    const item = request.url!.slice(1);
    asked.push(item);
    if (answered.has(item)) response.end(item.toUpperCase());
    else if (asked.includes('a2') && asked.includes('b2')) waits?.();
  });
  const start = (url: string) => {
    const env = { ...process.env, SETTLE_DATABASE_URL: place.url, SETTLE_LOG: 'warn' };
    const child = execFile(process.execPath, [module, '-p', `url=${url}`, '--workers', '2'], { env });
    let out = '';
    child.stdout!.on('data', (data) => (out += data));
    child.stderr!.on('data', (data) => (out += data));
    const ended = new Promise<{ code: number | null; signal: string | null; out: string }>((resolve) => {
      child.once('close', (code, signal) => resolve({ code, signal, out }));
    });
    return { child, ended };
  };
  try {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    await database.knex.schema.createTable('tenants', (table) => table.string('name', 10).notNullable());
    for (const [signal, code] of [
      ['SIGTERM', 143],
      ['SIGKILL', null],
    ] as const) {
      asked.length = 0;
      const isWaiting = new Promise<void>((resolve) => {
        waits = resolve;
      });
      const { child, ended } = start(url);
      await Promise.race([
        isWaiting,
        ended.then(({ out }) => {
          throw new Error(`ended before it waited: ${out}`);
        }),
      ]);
      child.kill(signal);
      expect(await ended).toMatchObject({ code });
    }
    for (const item of ['a2', 'a3', 'b2', 'b3']) answered.add(item);
    const last = await start(url).ended;
    expect([last.code, last.out]).toEqual([0, expect.stringContaining('COMPLETED')]);
    const names = await database.knex('tenants').orderBy('name').pluck('name');
    expect(names).toEqual(['A1', 'A2', 'A3', 'B1', 'B2', 'B3']);
  } finally {
    server.closeAllConnections();
    server.close();
    await database.close();
    await place.drop();
  }
});

test('a file is a parameter with its content: a changed one is other work, and a missing one is refused', () => {
  const folder = mkdtempSync(join(tmpdir(), 'settle-file-'));
  const path = join(folder, 'a.csv');
  const job = defineJob('load', { file: file() }, [task('load', async () => {})]);
  const stored = (text: string) => parseParameters(job, { file: text }).require('file');
  try {
    expect(() => stored(path)).toThrow(`file: there is no file ${path}`);
    expect(() => stored(folder)).toThrow('is not a file');
    writeFileSync(path, 'a');
    const first = stored(path);
    expect(first).toMatch(/a\.csv#sha256=[0-9a-f]{64}$/);
    expect(stored(first)).toBe(first);
    writeFileSync(path, 'bb');
    expect(stored(path)).not.toBe(first);
    expect(() => stored(first)).toThrow('has changed since the run began');
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
