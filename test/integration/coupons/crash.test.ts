/** Coupons and stock through kills at commits and between statements: afterwards everything is as plain loops have it. */
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type KillPoint, runThroughKills } from '../../support/kill-run.ts';
import { onServers } from '../../support/thorough.ts';
import { type Bench, openBench } from '../daily/support.ts';
import * as stock from '../stock/support.ts';
import { DATE, expectAsOracle, load, randomData } from './support.ts';

const points: readonly KillPoint[] = [
  { mode: 'before-commit', at: 4 },
  { mode: 'before-statement', at: 60 },
  { mode: 'after-commit', at: 5 },
  { mode: 'before-statement', at: 110 },
];

describe.each(sampledDatabases(import.meta.url))('first come, first served through kills on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  it('gives each coupon once, and settles each product once', { timeout: 300_000 }, async () => {
    const coupons = randomData(20, 30, 5);
    const products = stock.randomStock(20, 1, 6);
    bench = await openBench(name);
    await load(bench.database, coupons);
    await stock.loadStock(bench.database, products);
    await bench.database.close();
    const { url } = bench.test;
    let kills = 0;
    for (const [index, job] of ['coupon-allocation', 'stock-settlement'].entries()) {
      // In a sample on a server one job is killed at its commits, the other between statements.
      const met = onServers(
        name,
        points,
        points.filter((_, at) => at % 2 === index),
      );
      const args = ['run', job, '--date', DATE, '--workers', '1', '--partitions', '2', '--chunk', '9'];
      kills += await runThroughKills(args, url, met, met.length + 1, async () => {});
    }
    expect(kills).toBeGreaterThan(onServers(name, 4, 1));
    const reopened = await openDatabase(url);
    try {
      await expectAsOracle(reopened, coupons);
      await stock.expectAsOracle(reopened, products, 0);
    } finally {
      await reopened.close();
    }
  });
});
