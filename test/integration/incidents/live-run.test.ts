/** Incidents of a run that goes on, is paused, or is dead: `show` tells which, and its next command works. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { freshPlatform, sampledDatabases, type TestDatabase } from '../../support/databases.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';

const DATE = '2026-11-20';
const places = sampledDatabases(import.meta.url).filter(({ name }) => name !== 'mysql');

describe.each(places)('a run on $name', ({ name }) => {
  let database: TestDatabase;
  const env = { SETTLE_LOG: 'warn' };
  const run = (...args: string[]) => runSettle(args, { url: database.url, env });
  const show = async (id: number) => JSON.parse((await run('show', String(id), '--json')).stdout);
  /** Starts the date anew, slowly, and waits until it has committed something. */
  async function startSlowly() {
    const args = ['run', 'daily', '--date', DATE, '--rerun', '--workers', '1', '--chunk', '50'];
    const started = startSettle(args, { url: database.url, env, timeoutMs: 110_000 });
    for (;;) {
      const [newest] = JSON.parse((await run('runs', '--limit', '1', '--json')).stdout);
      if (newest?.job === 'daily' && newest.status === 'STARTED') return { ...started, id: newest.id as number };
    }
  }

  beforeAll(async () => {
    database = await freshPlatform(name);
    await run('seed', '--rows', '60000', '--date', DATE, '--videos', '200', '--viewers', '5000');
  });
  afterAll(() => database.drop());

  test('that is killed is shown as dead; recover frees it, and restart completes it', async () => {
    const { child, id, outcome } = await startSlowly();
    const alive = await show(id);
    expect(alive.live).toMatchObject({ isAlive: true, pid: child.pid, isPaused: false });
    expect(alive.next).toEqual([`settle stop ${id}`]);
    expect((await run('recover')).stdout).toMatch(
      new RegExp(
        `^execution ${id} \\(daily\\) runs in process ${child.pid} on .*: last heartbeat .* ago; if it stays silent`,
      ),
    );
    child.kill('SIGKILL');
    await outcome;
    const dead = await run('show', String(id));
    expect(dead.stdout).toMatch(
      new RegExp(`^owner +process ${child.pid} on .* \\(dead\\), last heartbeat .* ago`, 'm'),
    );
    expect(dead.stdout).toContain('settle recover');
    expect((await run('stop', String(id))).stderr).toContain('Free it with: settle recover.');
    expect((await run('recover')).stdout).toContain(`settle restart ${id}`);
    expect((await run('restart', String(id))).code).toBe(0);
    expect((await run('verify', '--date', DATE)).code).toBe(0);
  });

  // A paused process may hold SQLite's one lock, and everything waits for it then.
  test.runIf(name !== 'sqlite')('that is paused is shown as paused, and goes on by the command shown', async () => {
    const { child, id, outcome } = await startSlowly();
    child.kill('SIGSTOP');
    try {
      const paused = await run('show', String(id));
      expect(paused.stdout).toMatch(/^owner +process \d+ on .* \(paused by a signal\)/m);
      expect(paused.stdout).toContain(`kill -CONT ${child.pid}`);
    } finally {
      child.kill('SIGCONT');
    }
    expect((await outcome).code).toBe(0);
  });
});
