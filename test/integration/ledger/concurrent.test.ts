/** Two runs that share accounts, in opposite order and over and over, wait for each other and never fail. */
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { openBench } from '../daily/support.ts';
import { balancesOf, escrow, grant, move, post, user } from './support.ts';

describe.each(sampledDatabases(import.meta.url))('two runs on one ledger on $name', ({ name }) => {
  test('do not deadlock into failure', { timeout: 120_000 }, async () => {
    const bench = await openBench(name);
    // Two connections of one thread would block each other on SQLite, whose waiting stops the thread: there, they take turns.
    const other = name === 'sqlite' ? bench.database : await openDatabase(bench.test.url);
    try {
      const users = Array.from({ length: 20 }, (_, i) => i + 1);
      await post(
        bench.database,
        users.map((id) => grant(`g${id}`, id, 1_000)),
      );
      const run = async (label: string, order: readonly number[], database = bench.database) => {
        for (let round = 0; round < 15; round++) {
          const stakes = order.map((id) => move(`${label}/${round}/${id}`, user(id), escrow(order[0]), 3));
          await post(database, stakes);
          const back = order.map((id) =>
            move(`${label}/${round}/${id}/back`, escrow(order[0]), user(id), 2, [`${label}/${round}/${id}`]),
          );
          await post(database, [...back, grant(`${label}/${round}/new`, 1_000 + round, 1)]);
        }
      };
      await Promise.all([run('up', users), run('down', users.toReversed(), other)]);
      const balances = await balancesOf(bench.database);
      for (const id of users) expect(balances.get(`user:${id}`)).toBe(1_000n - 2n * 15n);
      expect(balances.get('user:1014')).toBe(2n);
      expect(await verifyLedger(bench.database)).toMatchObject({
        violation: undefined,
        journals: 20n + 2n * 15n * 41n,
      });
    } finally {
      await other.close();
      await bench.drop();
    }
  });
});
