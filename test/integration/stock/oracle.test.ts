/** Stock on every dialect beside plain loops: night by night, caught up, in any partitions, with movements that come late. */
import { afterEach, describe, expect, test } from 'vitest';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { dayOf, expectAsOracle, loadStock, randomStock, settleStock } from './support.ts';

const data = randomStock(50, 3, 20_261_121);

describe.each(sampledDatabases(import.meta.url))('stock on $name', ({ name }) => {
  let bench: Bench | undefined;
  afterEach(async () => {
    await bench?.drop();
    bench = undefined;
  });

  test('night by night, and a night that is caught up', async () => {
    bench = await openBench(name);
    const { database } = bench;
    await loadStock(database, data);
    await settleStock(database, dayOf(0).date, { workers: 2, partitions: 3, chunkSize: 13 });
    await expectAsOracle(database, data, 0);
    await settleStock(database, dayOf(3).date, { workers: 1 });
    await expectAsOracle(database, data, 3);
    const rows = await database.knex('settle_stock_daily').count({ rows: '*' });
    await settleStock(database, dayOf(3).date, { workers: 1, rerun: true });
    await expectAsOracle(database, data, 3);
    expect(await database.knex('settle_stock_daily').count({ rows: '*' })).toEqual(rows);
  });

  test('movements that arrive late settle their dates anew', async () => {
    bench = await openBench(name);
    const { database } = bench;
    const early = { ...data, movements: data.movements.filter(({ id }) => id % 5n !== 0n) };
    await loadStock(database, early);
    for (const day of [0, 1, 2]) await settleStock(database, dayOf(day).date, { workers: 1 });
    await expectAsOracle(database, early, 2);
    await loadStock(database, data);
    await settleStock(database, dayOf(3).date, { workers: 2, chunkSize: 20 });
    await expectAsOracle(database, data, 3);
  });
});
