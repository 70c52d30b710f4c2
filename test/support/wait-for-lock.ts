/** Waits until a statement waits: for tests that make two transactions meet on a server. */
import { expect } from 'vitest';
import type { Database } from '../../src/database/database.ts';

/** Until a transaction in this database waits for a lock of another. */
export async function waitForLock({ knex }: Pick<Database, 'knex'>): Promise<void> {
  const countWaiting = async () => {
    const [rows] = await knex.raw(
      `SELECT COUNT(*) AS waiting FROM information_schema.innodb_trx WHERE trx_state = 'LOCK WAIT'
        AND trx_mysql_thread_id IN (SELECT id FROM information_schema.processlist WHERE db = DATABASE())`,
    );
    return Number(rows[0].waiting);
  };
  // The server remembers the answer until nobody has asked for 100 ms.
  await expect.poll(countWaiting, { timeout: 20_000, interval: 150 }).toBeGreaterThan(0);
}
