/** `settle close` while `settle run daily --rerun` settles late rows of the same date: closed or not, the money is right. */
import { expect, test } from 'vitest';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { dailyStatistics } from '../../oracles/daily-statistics.ts';
import { buildLog } from '../../oracles/logs.ts';
import { writeLog } from '../../oracles/read-log.ts';
import { netByVideo, type OracleStatistics, settleVideosNaively } from '../../oracles/video-settlement.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';
import { openBench, settle } from '../daily/support.ts';
import { creatorsOf, lowCard, netOfCreators, useCard } from '../video-settlement/support.ts';

const date = '2024-11-20';
const next = '2024-11-21';
const zone = 'Asia/Seoul';
const log = buildLog('ordered', 3, 600, date, zone);
const early = { ...log, rows: log.rows.slice(0, 400) };

test.each(sampledDatabases(import.meta.url))('on $name', { timeout: 120_000 }, async ({ name }) => {
  const bench = await openBench(name, early);
  const { database, test: own } = bench;
  const run = (...args: string[]) => runSettle(args, { url: own.url, env: { SETTLE_LOG: 'silent' } });
  try {
    await useCard(database, lowCard);
    await settle(database, date, zone, { workers: 1 });
    await writeLog(own.url, { rows: log.rows.slice(400), videos: new Map() });
    const [daily, close] = await Promise.all([
      run('run', 'daily', '--date', date, '--rerun', '--workers', '1'),
      run('close', '--date', date),
    ]);
    expect(daily, daily.stderr).toMatchObject({ code: expect.toBeOneOf([0, 3]) });
    // Between its pricing and its credits a date cannot be closed: one line says so.
    expect(close.stderr).toMatch(close.code === 0 ? /^$/ : /^settle: [^\n]+\n$/);
    expect(close.code).toBeOneOf([0, 1, 2]);
    const { closed_at: closedAt } = await database
      .knex('settle_settlement_date')
      .where({ business_date: date })
      .first();
    expect(closedAt !== null).toBe(close.code === 0);

    await settle(database, next, zone, { workers: 1 });
    const statistics: OracleStatistics[] = [date, next].flatMap((day) =>
      [...dailyStatistics(log.rows, log.videos, day, zone).sums].map(([videoId, { views, adViews }]) => {
        return { date: day, videoId, views: Number(views), ads: Number(adViews) };
      }),
    );
    const net = netByVideo(settleVideosNaively(statistics, [lowCard]));
    expect(await netOfCreators(database)).toEqual(creatorsOf(net, log.videos));
    expect(await verifyLedger(database)).toMatchObject({ violation: undefined });
  } finally {
    await bench.drop();
  }
});
