/** Reads of `settle serve` from a real replica: exact while it lags, is broken, and is gone. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { runSettle } from '../../support/run-settle.ts';
import { type RunningService, startService } from '../../support/serve.ts';
import { type Replication, startReplication, whyNoReplication } from '../../support/servers/replication.ts';
import { isThorough } from '../../support/thorough.ts';

const DATE = '2026-11-20';
const PATHS = [
  `statistics?date=${DATE}&limit=10000`,
  `rankings?date=${DATE}`,
  'videos/1/days?from=2026-11-01&to=2026-11-30',
];

const kinds = (isThorough ? (['mariadb', 'mysql'] as const) : (['mariadb'] as const)).map((kind) => ({ kind }));

for (const { kind } of kinds) {
  const reason = await whyNoReplication(kind);
  describe.skipIf(reason !== undefined)(`replicas of ${kind}${reason === undefined ? '' : `: ${reason}`}`, () => {
    let servers: Replication;
    let url: string;
    let copyUrl: string;
    let service: RunningService;
    let plain: RunningService;
    const settle = async (args: string[], env: Record<string, string> = {}) => await runSettle(args, { url, env });
    const body = async (from: RunningService, path: string) => {
      const response = await fetch(`${from.url}/api/v1/${path}`);
      const text = await response.text();
      expect(response.status, text).toBe(200);
      return text;
    };
    const all = async (from: RunningService) => await Promise.all(PATHS.map((path) => body(from, path)));
    const metric = async (name: string) => {
      const text = await (await fetch(`${service.url}/metrics`)).text();
      return text.split('\n').find((line) => line.startsWith(name));
    };
    const reads = async () => Number((await metric('settle_read_answers_total{server="replica"}'))?.split(' ')[1] ?? 0);
    const become = async (state: string) =>
      await expect
        .poll(async () => await metric(`settle_replica_state{replica="${new URL(copyUrl).host}",state="${state}"}`), {
          timeout: 60_000,
          interval: 100,
        })
        .toMatch(/ 1$/);
    /** Changes the date, and runs it again. */
    const publish = async (seed: number) => {
      const flags = ['--rows', '300', '--videos', '20', '--viewers', '200', '--seed', String(seed)];
      expect((await settle(['seed', '--date', DATE, ...flags])).code).toBe(0);
      const rerun = seed === 1 ? [] : ['--rerun'];
      const { code, stderr } = await settle(['run', 'daily', '--date', DATE, ...rerun]);
      expect(code, stderr).toBe(0);
    };
    const expectExact = async () => expect(await all(service)).toEqual(await all(plain));

    beforeAll(async () => {
      servers = await startReplication(kind);
      await servers.primary.admin.query('CREATE DATABASE platform CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
      url = `${servers.primary.url}platform`;
      copyUrl = `${servers.replica.url}platform`;
      expect((await settle(['migrate'])).code).toBe(0);
      await publish(1);
      [plain, service] = await Promise.all([
        startService(url),
        startService(url, ['--cache', 'evict', '--replica-lag', '1'], { SETTLE_REPLICAS: copyUrl }),
      ]);
    }, 180_000);
    afterAll(async () => {
      for (const one of [plain, service]) if (one !== undefined) expect((await one.stop()).code).toBe(0);
      await servers?.replica.stop();
      await servers?.primary.stop();
    });

    test('what it has is read there; doctor says how far it is behind, and what is no replica', async () => {
      await become('used');
      await expectExact();
      expect(await reads()).toBe(PATHS.length);
      expect(await metric('settle_replica_lag_seconds')).toMatch(/ \d+(\.\d+)?$/);
      const environment = { SETTLE_REPLICAS: `${copyUrl} ${servers.replica.url}mysql` };
      const { findings } = JSON.parse((await settle(['doctor', '--json'], environment)).stdout);
      const found = findings.filter(({ check }: { check: string }) => check === 'replicas');
      expect(found.map(({ verdict, message }: Record<string, string>) => [verdict, message])).toEqual([
        ['pass', expect.stringMatching(/has all that is published, and is \d+ s behind$/)],
        ['warn', expect.stringMatching(/cannot be read/)],
      ]);
    });

    test('a replica that does not replicate is passed by at once, then left out, and read again when it has caught up', async () => {
      const before = await all(service);
      await servers.replica.admin.query(servers.sql.stop);
      await publish(2);
      // At once: before any check has found it.
      await expectExact();
      expect(await all(service)).not.toEqual(before);
      await become('broken');
      await servers.replica.admin.query(servers.sql.start);
      await become('used');
      const count = await reads();
      await body(service, `statistics?date=${DATE}&top=3`);
      expect(await reads()).toBe(count + 1);
    });

    test('one that is further behind than it may be is left out until it has caught up', async () => {
      await servers.replica.admin.query('FLUSH TABLES WITH READ LOCK');
      await publish(3);
      await expectExact();
      await become('lagging');
      expect(Number((await metric('settle_replica_lag_seconds'))?.split(' ')[1])).toBeGreaterThan(1);
      await servers.replica.admin.query('UNLOCK TABLES');
      await become('used');
      await expectExact();
    });

    test('one that is gone costs no error', async () => {
      await body(service, `statistics?date=${DATE}&top=4`);
      await servers.replica.stop();
      for (let top = 5; top < 9; top++) await body(service, `statistics?date=${DATE}&top=${top}`);
      await expectExact();
      await become('gone');
    });
  });
}
