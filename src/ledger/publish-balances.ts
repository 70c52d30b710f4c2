/**
 * Balances of users in Redis, `settle:balance:USER` (fields balance, and revision: the journal up to which it is known): of every account that a journal has
 * moved since those that Redis knows. Redis itself says how far that is (`settle:balances:journal`), so that what it has
 * lost, or was away for, is made good by whoever publishes next.
 */
import type { Redis } from 'ioredis';
import type { Database } from '../database/database.ts';
import { type Row, toBigInt } from '../database/values.ts';
import { CACHE_MS, type CacheStrategy } from '../redis/cache-strategy.ts';
import { runScript } from '../redis/scripts/run-script.ts';
import { writeBalances } from '../redis/scripts/write-balances.ts';
import { readHead } from './head.ts';
import { readBalances } from './read-balances.ts';
import { accountKey } from './rules/journal.ts';

const JOURNAL_KEY = 'settle:balances:journal';
const JOURNALS_A_PAGE = 1_000;
const USERS_A_SCRIPT = 500;

/** Returns how many were written. @throws what Redis reports; a later call does the rest */
export async function publishBalances(redis: Redis, database: Database, strategy: CacheStrategy): Promise<number> {
  if (strategy === 'none') return 0;
  const { knex } = database;
  // Before the head: what another run publishes meanwhile is no journal that the database lacks. And the head before the
  // balances: whoever knows of later journals has read what is newer.
  const known = BigInt((await redis.get(JOURNAL_KEY)) ?? '0');
  const head = (await readHead(knex)).lastJournalId;
  // A database that was put back has fewer: everything is written again, whatever Redis has.
  const isPutBack = known > head;
  let done = isPutBack ? 0n : known;
  let written = 0;
  while (done < head) {
    const upTo = done + BigInt(JOURNALS_A_PAGE) < head ? done + BigInt(JOURNALS_A_PAGE) : head;
    const rows: Row[] = await knex('settle_entry')
      .where('journal_id', '>', done.toString())
      .where('journal_id', '<=', upTo.toString())
      .where({ account_type: 'user' })
      .distinct('owner_id');
    const users = rows.map((row) => toBigInt(row.owner_id));
    for (let at = 0; at < users.length; at += USERS_A_SCRIPT) {
      const some = users.slice(at, at + USERS_A_SCRIPT);
      const balances = await readBalances(
        knex,
        some.map((ownerId) => ({ type: 'user' as const, ownerId })),
      );
      const values = some.map((ownerId) =>
        strategy === 'evict' ? '' : String(balances.get(accountKey({ type: 'user', ownerId })) ?? 0n),
      );
      const keys = some.map((user) => `settle:balance:${user}`);
      written += Number(await runScript(redis, writeBalances, keys, [head, isPutBack ? 1 : 0, CACHE_MS, ...values]));
    }
    await redis.set(JOURNAL_KEY, upTo.toString());
    done = upTo;
  }
  return written;
}
