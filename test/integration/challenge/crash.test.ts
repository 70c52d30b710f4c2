/**
 * Challenge settlement through kills: at every commit in turn, in one instance after another, and between statements.
 * After each kill the ledger is whole, and after each night everything is as plain loops have it.
 */
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { randomOf } from '../../oracles/logs.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { countPoints, type KillPoint, runThroughKills } from '../../support/kill-run.ts';
import { isThorough, onServers } from '../../support/thorough.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { expectAsOracle, load, randomData } from './support.ts';

const dates = ['2026-05-22', '2026-05-28', '2026-06-04', '2026-06-13'];

function argsOf(date: string): string[] {
  return ['run', 'challenge-settlement', '--date', date, '--workers', '2', '--partitions', '2', '--chunk', '4'];
}

async function expectWhole(url: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    expect(await verifyLedger(database)).toMatchObject({ sound: true });
  } finally {
    await database.close();
  }
}

describe.each(sampledDatabases(import.meta.url))('challenges through kills on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  it('killed again and again on its way, night after night', { timeout: 300_000 }, async () => {
    const data = randomData(40, 7);
    bench = await openBench(name);
    await load(bench.database, data);
    const { database, test } = bench;
    await database.close();
    const random = randomOf(11);
    let kills = 0;
    const pairs = onServers(name, 3, 2);
    for (const [night, date] of (isThorough ? dates : dates.slice(0, onServers(name, 3, 2))).entries()) {
      // The first night tells how many points a run has.
      const points: KillPoint[] = [];
      if (night > 0) {
        for (let at = 1; at <= (isThorough ? 6 : pairs); at++) {
          points.push({ mode: at % 2 === 0 ? 'before-commit' : 'after-commit', at: at + Math.floor(random() * 3) });
          points.push({ mode: 'before-statement', at: 20 + Math.floor(random() * 120) });
        }
        kills += await runThroughKills(argsOf(date), test.url, points, points.length + 1, () => expectWhole(test.url));
      } else {
        expect((await countPoints(argsOf(date), test.url)).commits).toBeGreaterThan(6);
      }
      const reopened = await openDatabase(test.url);
      try {
        await expectAsOracle(reopened, data, date);
        expect(await verifyLedger(reopened)).toMatchObject({ sound: true });
      } finally {
        await reopened.close();
      }
    }
    expect(kills).toBeGreaterThan(isThorough ? 8 : onServers(name, 3, 1));
  });
});
