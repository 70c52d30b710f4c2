/** What a program is that was put together from other domains than ours. */
import { afterEach, expect, test } from 'vitest';
import { engineMigrations } from '../../../migrations/engine/index.ts';
import { createProgram } from '../../../src/cli/create-program.ts';
import { createRegistry } from '../../../src/cli/create-registry.ts';
import type { Domain, Platform } from '../../../src/cli/domain.ts';
import { toSettleError, useErrorRules } from '../../../src/database/errors.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { platform } from '../../../src/platform.ts';

afterEach(() => useErrorRules([]));

function job(name: string): JobDefinition {
  return { name, description: name, parameters: [], steps: [] };
}

function platformOf(...domains: Domain[]): Platform {
  return { description: 'Something else.', migrations: async () => engineMigrations, domains };
}

test('without a domain there are the commands of the engine, and none of a platform', () => {
  const { command } = createProgram(platformOf(), () => {});
  const names = command.commands.map((one) => one.name());
  expect(names).toEqual([
    ...['run', 'jobs', 'runs', 'show', 'skipped', 'replay', 'stop', 'restart', 'abandon', 'recover'],
    ...['wait', 'worker', 'purge', 'doctor', 'migrate', 'metrics', 'copy-table'],
  ]);
  const help = command.helpInformation();
  expect(help).toContain('Something else.');
  expect(command.commands.map((one) => one.helpInformation()).join('')).not.toMatch(/--early|--zone|broken-ledger/);
});

test('jobs are loaded once, when they are asked for', async () => {
  let loads = 0;
  const registry = createRegistry(
    platformOf({
      name: 'mine',
      async jobs() {
        loads++;
        return [job('hello')];
      },
    }),
  );
  expect(loads).toBe(0);
  expect((await registry.findJob('hello')).name).toBe('hello');
  expect(await registry.jobNamed('gone')).toBeUndefined();
  expect(loads).toBe(1);
  await expect(registry.findJob('hell')).rejects.toMatchObject({ exitCode: 2, hint: 'did you mean hello?' });
});

test.each([
  [['one'], ['one', 'one'], 'there are two jobs hello: twice in one'],
  [['one', 'two'], ['one', 'two'], 'there are two jobs hello: in one and in two'],
])('two jobs of one name in %j', async (names, owners, message) => {
  const domains = names.map((name) => ({
    name,
    jobs: async () => owners.filter((owner) => owner === name).map(() => job('hello')),
  }));
  await expect(createRegistry(platformOf(...domains)).jobs()).rejects.toMatchObject({ exitCode: 2, message });
});

test("a domain's rules about errors are known once they are used, and only then", async () => {
  const missing = { code: 'SQLITE_ERROR', message: 'no such table: view_log' };
  const column = { errno: 1054, sqlMessage: "Unknown column 'quit_at' in 'SELECT'" };
  expect(toSettleError(missing).hint).toContain('a table of your own');
  expect(toSettleError(column).message).toBe("a table lacks a column: Unknown column 'quit_at' in 'SELECT'");
  await createRegistry(platform).useErrorRules();
  expect(toSettleError(missing)).toMatchObject({ exitCode: 2, hint: expect.stringContaining('platform') });
  expect(toSettleError(column).message).toMatch(/^the platform’s table challenge_member lacks a column: /);
  // What no domain names is the engine's.
  expect(toSettleError({ code: 'SQLITE_ERROR', message: 'no such table: settle_lease' })).toMatchObject({
    exitCode: 10,
  });
});
