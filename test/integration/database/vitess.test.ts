/** A server that greets as Vitess (here a MariaDB under that name): rows are scanned as text, never by prepared statements. */
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLog } from '../../oracles/logs.ts';
import { writeLog } from '../../oracles/read-log.ts';
import { dockerAnswers } from '../../support/servers/find-program.ts';
import { startSpareMariadb } from '../../support/servers/mariadb.ts';
import type { Server } from '../../support/servers/private-process.ts';
import { expectAsOracle, openBench, settle } from '../daily/support.ts';

const zone = 'Asia/Seoul';
const date = '2026-11-20';
let server: Server | undefined;
beforeAll(async () => {
  if (await dockerAnswers()) return;
  server = await startSpareMariadb(['--version=8.0.40-Vitess']);
}, 120_000);
afterAll(async () => await server?.stop());

test('a shard of it is read as text', async (context) => {
  if (server === undefined) return context.skip('a server in a container has its own name');
  const log = buildLog('dirty', 51, 2000, date, zone);
  const bench = await openBench('sqlite', { rows: [], videos: log.videos });
  const admin = await createConnection({ uri: server.url });
  const executed = async () => {
    const [rows] = await admin.query("SHOW GLOBAL STATUS LIKE 'Com_stmt_execute'");
    return Number((rows as { Value: string }[])[0].Value);
  };
  try {
    await admin.query('CREATE OR REPLACE DATABASE `keyspace:-80@rdonly`');
    await admin.query(
      'CREATE TABLE `keyspace:-80@rdonly`.view_log (id BIGINT PRIMARY KEY, video_id BIGINT, viewer_id BIGINT, ' +
        'viewed_at DATETIME(3), play_seconds INT, ad_views INT)',
    );
    const url = `${server.url}${encodeURIComponent('keyspace:-80@rdonly')}`;
    await writeLog(url, { rows: log.rows, videos: new Map() });
    const before = await executed();
    process.env.SETTLE_SHARDS = `one=${url}`;
    await settle(bench.database, date, zone, { workers: 2, partitions: 3 });
    // Number 0 is kept for settle's own database.
    const rows = log.rows.map((row) => ({ ...row, id: row.id + 2n ** 45n }));
    await expectAsOracle(bench.database, { ...log, rows }, date, zone);
    expect(await executed()).toBe(before);
  } finally {
    process.env.SETTLE_SHARDS = '';
    await admin.end();
    await bench.drop();
  }
});
