/** `settle doctor` on settings of servers: those of a session are set for real, those of a whole server as it would tell them. */
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { serverSettingsCheck } from '../../../src/doctor/checks/server-settings.ts';
import { examineRedis as check } from '../../../src/jobs/views/checks/redis.ts';
import { freshPlatform, sampledServers, testRedisUrl } from '../../support/databases.ts';
import { findProgram } from '../../support/servers/find-program.ts';
import { freePort, privateFolder, startProcess } from '../../support/servers/private-process.ts';

describe.each(sampledServers(import.meta.url))('on $name', ({ name }) => {
  test('settings that bite are named: fail in our sessions, warn where those override the server’s', async () => {
    const bench = await freshPlatform(name);
    const migrating = await openDatabase(bench.url);
    await migrating.close();
    // One connection, so that what is set is what the check meets.
    const database = await openDatabase(bench.url, { poolSizeMax: 1 });
    const context = { database, workers: 1, now: Date.now };
    try {
      expect(await serverSettingsCheck.run(context)).toMatchObject({ verdict: 'pass' });
      const timeLimit = name === 'mariadb' ? 'max_statement_time' : 'max_execution_time';
      const hostile: [setting: string, value: string, good: string][] = [
        ['sql_select_limit', '1000', 'DEFAULT'],
        [timeLimit, '3600', '0'],
        ['sql_big_selects', '0', '1'],
        ['sql_safe_updates', '1', '0'],
        ['sql_auto_is_null', '1', '0'],
        ['autocommit', '0', '1'],
      ];
      for (const [setting, value, good] of hostile) {
        await database.knex.raw(`SET SESSION ${setting} = ${value}`);
        const found = [await serverSettingsCheck.run(context)].flat();
        expect(found, setting).toMatchObject([{ verdict: 'fail', message: expect.stringContaining(`${setting} is `) }]);
        expect(found[0].hint).toContain(`SET GLOBAL ${setting} = DEFAULT`);
        await database.knex.raw(`SET SESSION ${setting} = ${good}`);
      }
      const { inspect } = database.dialect;
      const withGlobal = (values: Record<string, string>) => {
        const variables: typeof inspect.variables = async (executor, names) => {
          const real = await inspect.variables(executor, names);
          return real && { ...real, global: { ...real.global, ...values } };
        };
        const dialect = { ...database.dialect, inspect: { ...inspect, variables } };
        return { ...context, database: { ...database, dialect } };
      };
      expect(await serverSettingsCheck.run(withGlobal({ sql_select_limit: '1000', autocommit: 'OFF' }))).toMatchObject([
        {
          verdict: 'warn',
          message: expect.stringMatching(/^the server's sql_select_limit is 1000, which cuts every answer/),
        },
        { verdict: 'warn', message: expect.stringMatching(/^the server's autocommit is OFF/) },
      ]);
      // The administrator of the tests may write to a read-only server: it is none.
      expect(await serverSettingsCheck.run(withGlobal({ read_only: 'ON' }))).toMatchObject([
        { verdict: 'warn', message: 'read_only is ON, and this user may write all the same' },
      ]);
      expect(await serverSettingsCheck.run(context)).toMatchObject({ verdict: 'pass' });
    } finally {
      await database.close();
      await bench.drop();
    }
  });
});

describe('Redis', () => {
  test('none, and one that answers: no alarm', async () => {
    expect(await check(undefined)).toMatchObject([{ verdict: 'pass' }]);
    expect(await check(testRedisUrl())).toMatchObject([{ verdict: 'pass' }]);
  });

  test('one that is not there', async () => {
    expect(await check(`redis://127.0.0.1:${await freePort()}`)).toMatchObject([
      { verdict: 'fail', message: expect.stringContaining('Redis does not answer: ') },
    ]);
  });

  test.skipIf(findProgram('redis-server') === undefined)(
    'a replica, and one that removes keys, are named',
    async () => {
      const folder = privateFolder('redis-doctor');
      const port = await freePort();
      const options = ['--port', `${port}`, '--bind', '127.0.0.1', '--dir', folder, '--save', ''];
      const hostile = ['--replicaof', '127.0.0.1', '1', '--maxmemory', '10mb', '--maxmemory-policy', 'allkeys-lru'];
      const stop = await startProcess(folder, port, [findProgram('redis-server')!, ...options, ...hostile]);
      try {
        expect(await check(`redis://127.0.0.1:${port}`)).toMatchObject([
          { verdict: 'fail', message: 'Redis is a read-only replica of 127.0.0.1:1', needsConfiguration: true },
          { verdict: 'warn', message: expect.stringContaining('maxmemory-policy allkeys-lru') },
        ]);
      } finally {
        await stop();
      }
    },
  );
});
