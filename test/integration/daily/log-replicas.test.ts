/** A date's views read from a real replica: exact while it has them, and exact when it lags, has other rows, or is killed. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { buildLog } from '../../oracles/logs.ts';
import { writeLog } from '../../oracles/read-log.ts';
import { runSettle, startSettle } from '../../support/run-settle.ts';
import { type Replication, startReplication, whyNoReplication } from '../../support/servers/replication.ts';
import { isThorough } from '../../support/thorough.ts';
import { expectAsOracle } from './support.ts';

const zone = 'Asia/Seoul';
const date = '2026-11-20';
const log = buildLog('dirty', 41, 6000, date, zone);
const kinds = (isThorough ? (['mariadb', 'mysql'] as const) : (['mariadb'] as const)).map((kind) => ({ kind }));

for (const { kind } of kinds) {
  const reason = await whyNoReplication(kind);
  describe.skipIf(reason !== undefined)(`a replica of ${kind}${reason === undefined ? '' : `: ${reason}`}`, () => {
    let servers: Replication;
    let url: string;
    let replicaUrl: string;
    /** Statements that were prepared there: a scan is one. */
    const prepared = async () => {
      const [rows] = await servers.replica.admin.query("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'");
      return Number((rows as { Value: string }[])[0].Value);
    };
    const args = [
      'run',
      'daily',
      '--date',
      date,
      '--zone',
      zone,
      '--partitions',
      '6',
      '--chunk',
      '300',
      '--workers',
      '2',
    ];
    const run = async (added: readonly string[] = []) =>
      await runSettle([...args, ...added], { url, env: { SETTLE_VIEW_REPLICAS: replicaUrl, SETTLE_LOG: 'warn' } });
    const expectExact = async () => {
      const database = await openDatabase(url);
      try {
        await expectAsOracle(database, log, date, zone);
      } finally {
        await database.close();
      }
    };

    beforeAll(async () => {
      servers = await startReplication(kind);
      await servers.primary.admin.query('CREATE DATABASE platform CHARACTER SET utf8mb4 COLLATE utf8mb4_bin');
      url = `${servers.primary.url}platform`;
      replicaUrl = `${servers.replica.url}platform`;
      expect((await runSettle(['migrate'], { url })).code).toBe(0);
      await writeLog(url, log);
    }, 180_000);
    afterAll(async () => {
      await servers?.replica.stop();
      await servers?.primary.stop();
    });

    test('is read, and doctor says that it has all', async () => {
      const before = await prepared();
      const { code, stderr } = await run();
      expect(code, stderr).toBe(3);
      await expectExact();
      expect((await prepared()) - before).toBeGreaterThan(6);
      const { stdout } = await runSettle(['doctor'], { url, env: { SETTLE_VIEW_REPLICAS: replicaUrl } });
      expect(stdout).toMatch(/the view log: the replica .* has what its primary has/);
    });

    test('with other rows than its primary is not read', async () => {
      const { admin } = servers.replica;
      await admin.query('CREATE TABLE platform.kept AS SELECT * FROM platform.view_log WHERE id % 5 = 0');
      await admin.query('DELETE FROM platform.view_log WHERE id % 5 = 0');
      const before = await prepared();
      const { code, stderr } = await run(['--rerun', '--partitions', '1']);
      expect(code, stderr).toBe(3);
      expect(stderr).toContain('a replica is not read: it has other rows than its primary');
      expect((await prepared()) - before).toBe(0);
      await expectExact();
      await admin.query('INSERT INTO platform.view_log SELECT * FROM platform.kept');
    });

    test('that is killed while it is read is left, and its ranges go on at the primary', async () => {
      const environment = { SETTLE_VIEW_REPLICAS: replicaUrl, SETTLE_LOG: 'info', SETTLE_LOG_FORMAT: 'json' };
      const { child, outcome } = startSettle([...args, '--rerun', '--chunk', '20'], { url, env: environment });
      let isKilled = false;
      const watching = setInterval(async () => {
        if (isKilled || (await prepared().catch(() => 0)) < 12) return;
        isKilled = true;
        await servers.replica.stop();
      }, 20);
      const { code, stderr } = await outcome;
      clearInterval(watching);
      child.kill();
      expect(isKilled).toBe(true);
      expect(code, stderr).toBe(3);
      expect(stderr).toContain('a replica is not read');
      await expectExact();
    });
  });
}
