/** A run that is left to workers, from the command line: `--detach`, `settle worker`, `settle wait`, `settle stop`. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { requireDetachable } from '../../../src/cli/detach-run.ts';
import { requireExecution } from '../../../src/cli/find-execution.ts';
import { stopRun } from '../../../src/cli/stop-run.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { workersCheck } from '../../../src/doctor/checks/workers.ts';
import { freshPlatform, sampledServers, type TestDatabase, testRedisUrl } from '../../support/databases.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';

const DATE = '2026-11-20';
const SEED = ['run', 'seed', '--date', DATE, '-p', 'rows=2000', '-p', 'videos=20'];

describe.each(sampledServers(import.meta.url))('on $name', ({ name }) => {
  let place: TestDatabase;
  let database: Database;
  beforeEach(async () => {
    place = await freshPlatform(name);
    database = await openDatabase(place.url);
  });
  afterEach(async () => {
    await database.close();
    await place.drop();
  });
  const settle = (...args: string[]) => runSettle(args, { url: place.url });

  test('it waits for a worker, is waited for with its exit code, and the waiting can be stopped alone', async () => {
    const asked = await settle(...SEED, '--detach', '--queue', testRedisUrl());
    expect(asked).toMatchObject({ code: 0, stdout: expect.stringMatching(/^\d+\n$/) });
    const id = asked.stdout.trim();
    const told = `run ${id} (seed ${DATE}) waits for a worker. \`settle wait ${id}\` waits for its end`;
    expect(asked.stderr).toContain(told);
    const unbegun = { exitCode: 2, message: expect.stringContaining('no worker has begun it yet') };
    await expect(requireExecution(database, Number(id))).rejects.toMatchObject(unbegun);

    expect(await workersCheck.run({ database, workers: 1, now: Date.now })).toMatchObject([
      { verdict: 'warn', message: `run ${id} (seed) was left to workers, and none has taken it` },
    ]);
    const waiting = startSettle(['wait', id, '--json'], { url: place.url });
    const stopped = startSettle(['wait', id, '--log-level', 'debug'], { url: place.url });
    await new Promise<void>((resolve) => stopped.child.stderr.once('data', () => resolve()));
    stopped.child.kill('SIGTERM');
    expect(await stopped.outcome).toMatchObject({ code: 143, stderr: expect.stringContaining(`run ${id} goes on`) });

    const worker = await settle('worker', '--threads', '1', '--until-idle', '--json', '--queue', testRedisUrl());
    expect(worker.code).toBe(0);
    expect(JSON.parse(worker.stdout)).toMatchObject({ runs: 1, refused: [] });
    const waited = await waiting.outcome;
    expect(waited.code).toBe(0);
    const { id: execution, ...shown } = JSON.parse(waited.stdout);
    expect(shown).toMatchObject({ job: 'seed', status: 'COMPLETED', rows: expect.any(Number) });
    expect(await requireExecution(database, Number(id))).toMatchObject({ id: execution });

    const complete = await settle(...SEED, '--detach', '--json');
    expect(complete).toMatchObject({ code: 0, stderr: expect.stringContaining('already complete') });
    expect(JSON.parse(complete.stdout)).toMatchObject({ id: execution, job: 'seed', isComplete: true });

    const daily = Number((await settle('--date', DATE, '--detach')).stdout);
    const listed = await settle('runs', '--json');
    expect(JSON.parse(listed.stdout)).toHaveLength(1);
    expect(listed.stderr).toContain(`run ${daily} (daily) has waited for a worker for `);
    expect(await stopRun(database, daily)).toContain('no worker takes it');
    await expect(stopRun(database, daily)).rejects.toMatchObject({ exitCode: 2 });
    expect(await settle('wait', String(daily))).toMatchObject({
      code: 143,
      stderr: expect.stringContaining(`run ${daily} was not begun: stopped while no process was at work on it`),
    });
    const unknown = { exitCode: 2, message: 'there is no execution 4711' };
    await expect(requireExecution(database, 4711)).rejects.toMatchObject(unknown);
  });
});

test.each([
  [{ workers: 2 }, '--workers'],
  [{ remote: { threads: 0 }, dryRun: true }, '--workers and --dry-run'],
  [{ metricsFile: 'm' }, '--metrics-file'],
])('%j says how this process runs', (flags, named) => {
  expect(() => requireDetachable({})).not.toThrow();
  expect(() => requireDetachable(flags)).toThrow(`--detach leaves the run to a worker: ${named} would`);
});
