/** The job `points-expiry`: what goes, what stays, and that points which a refund brings back go as well. */
import { describe, expect, test } from 'vitest';
import { pointsExpiryJob } from '../../../src/jobs/points/expiry/definition.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { openBench } from '../daily/support.ts';
import { balancesOf, escrow, grant, lotsOf, move, post, user } from './support.ts';

describe.each(sampledDatabases(import.meta.url))('points-expiry on $name', ({ name }) => {
  test('takes lots that are past their expiry at the end of the date', async () => {
    const bench = await openBench(name);
    const { database } = bench;
    const run = async (date: string, rerun = false) => {
      const result = await runJob(database, pointsExpiryJob, { date, zone: 'Asia/Seoul' }, { rerun, chunkSize: 2 });
      if (result.outcome === 'failed') throw result.error;
    };
    try {
      // Midnight in Seoul is 15:00 UTC: the first is over when the 20th is, the second a millisecond later.
      await post(database, [
        grant('over', 1, 10, '2026-11-20 15:00:00.000'),
        grant('good', 1, 20, '2026-11-20 15:00:00.001'),
        grant('never', 2, 30),
        grant('missed', 3, 40, '2026-11-01 00:00:00.000'),
        grant('missed too', 3, 2, '2026-11-02 00:00:00.000'),
        grant('staked', 4, 50, '2026-11-01 00:00:00.000'),
        move('stake', user(4), escrow(9), 20),
      ]);
      await run('2026-11-19');
      await run('2026-11-20');
      expect(Object.fromEntries(await balancesOf(database))).toMatchObject({
        'user:1': 20n,
        'user:2': 30n,
        'user:3': 0n,
        'user:4': 0n,
        'breakage:0': 82n,
      });
      await post(database, [move('refund', escrow(9), user(4), 20, ['stake'])]);
      expect((await lotsOf(database)).get('staked 2')).toBe('50 20 2026-11-01 00:00:00.000');
      await run('2026-11-20', true);
      await run('2026-11-20', true);
      const balances = await balancesOf(database);
      expect(balances.get('user:4')).toBe(0n);
      expect(balances.get('breakage:0')).toBe(102n);
      await run('2026-11-21');
      expect((await balancesOf(database)).get('user:1')).toBe(0n);
      expect(await verifyLedger(database)).toMatchObject({ violation: undefined });
    } finally {
      await bench.drop();
    }
  });
});
