/** A signal stops a run at a chunk boundary; the same instance goes on later and loses and repeats nothing. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';

const ROWS = 250_000;
const seedOf = (rows: number) => [
  'run',
  'seed',
  '--date',
  '2026-11-20',
  '-p',
  `rows=${rows}`,
  '-p',
  'videos=100',
  '--chunk',
  '1000',
  '--workers',
  '1',
];
const SEED = seedOf(ROWS);
/** Far from its end when two other programs have been started and have ended. */
const LONG_SEED = seedOf(20 * ROWS);

describe.each(sampledDatabases(import.meta.url))('on $name', ({ name }) => {
  let database: TestDatabase;
  beforeEach(async () => {
    database = await freshPlatform(name);
  });
  afterEach(() => database.drop());

  async function rowCount(): Promise<number> {
    const open = await openDatabase(database.url);
    const [row] = await open.knex('view_log').count({ rows: '*' });
    await open.close();
    return Number(row.rows);
  }

  /** Starts the run and waits until views are being written. */
  async function startRun(seed = SEED) {
    const { child, outcome } = startSettle(seed, { url: database.url });
    while (child.exitCode === null && (await rowCount()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    return { child, outcome };
  }

  /** Sends the signal once the views are being written. */
  async function runUntil(signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL') {
    const { child, outcome } = await startRun();
    child.kill(signal);
    return await outcome;
  }

  test.each([
    ['SIGTERM', 143],
    ['SIGINT', 130],
  ] as const)('%s stops with exit code %i, and restart goes on', async (signal, code) => {
    const stopped = await runUntil(signal);
    expect(stopped.stderr).toContain(`settle: ${signal}: stopping after the current chunk`);
    expect(stopped.code).toBe(code);
    const rows = await rowCount();
    expect(rows).toBeGreaterThan(0);
    expect(rows).toBeLessThan(ROWS);
    expect(rows % 1000).toBe(0);
    const shown = JSON.parse((await runSettle(['show', '--last', '--json'], { url: database.url })).stdout);
    expect(shown.status).toBe('STOPPED');
    expect(shown.next).toEqual([`settle restart ${shown.id}`]);

    const restarted = await runSettle(['restart', String(shown.id), '--json'], { url: database.url });
    expect(restarted.code).toBe(0);
    expect(JSON.parse(restarted.stdout)).toMatchObject({ status: 'COMPLETED', instanceId: shown.instanceId });
    expect(await rowCount()).toBe(ROWS);
  });

  test('after kill -9, recover frees the execution and the same command goes on', async () => {
    await runUntil('SIGKILL');
    const recovered = JSON.parse((await runSettle(['recover', '--json'], { url: database.url })).stdout);
    expect(recovered).toEqual([{ id: 1, job: 'seed', exitMessage: expect.any(String) }]);
    expect((await runSettle(SEED, { url: database.url })).code).toBe(0);
    expect(await rowCount()).toBe(ROWS);
  });

  test('a second start is refused while the first runs, and stop ends the first from outside', async () => {
    const { outcome } = await startRun(LONG_SEED);
    const second = await runSettle(LONG_SEED, { url: database.url });
    expect(second).toMatchObject({ code: 11, stdout: '' });
    expect(second.stderr).toMatch(/^settle: .*running.*\n$/);
    const asked = await runSettle(['stop', '1'], { url: database.url });
    expect(asked).toMatchObject({ code: 0, stderr: '' });
    expect((await outcome).code).toBe(143);
    const [run] = JSON.parse((await runSettle(['runs', '--json'], { url: database.url })).stdout);
    expect(run).toMatchObject({ id: 1, status: 'STOPPED' });
  });

  test('abandon ends an instance for good', async () => {
    await runUntil('SIGTERM');
    const abandoned = await runSettle(['abandon', '1', '--reason', 'another seed'], { url: database.url });
    expect(abandoned).toMatchObject({ code: 0, stdout: 'execution 1 is abandoned\n' });
    const [run] = JSON.parse((await runSettle(['runs', '--json'], { url: database.url })).stdout);
    expect(run).toMatchObject({ id: 1, status: 'ABANDONED', exitMessage: 'abandoned: another seed' });
    expect((await runSettle(SEED, { url: database.url })).code).not.toBe(0);
  });
});
