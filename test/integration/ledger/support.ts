/** What the tests of the ledger share: requests in few words, and its tables beside the oracle's. */
import { expect } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { toBigInt } from '../../../src/database/values.ts';
import { postCoveredJournals, postJournals } from '../../../src/ledger/post-journals.ts';
import type { AccountRef, JournalRequest, PostedJournal } from '../../../src/ledger/types.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { playLedger } from '../../oracles/ledger.ts';

export const grantSource: AccountRef = { type: 'grant', ownerId: 0n };
export const user = (id: number): AccountRef => ({ type: 'user', ownerId: BigInt(id) });
export const escrow = (id: number): AccountRef => ({ type: 'escrow', ownerId: BigInt(id) });

const date = '2026-11-20';

export function grant(key: string, to: number, points: number, expiresAt: string | null = null): JournalRequest {
  const amount = BigInt(points);
  const entries = [
    { account: grantSource, amount: -amount },
    { account: user(to), amount, lot: { expiresAt } },
  ];
  return { key, kind: 'grant', businessDate: date, reason: 'welcome', entries };
}

export function move(
  key: string,
  from: AccountRef,
  to: AccountRef,
  points: number,
  restoresLotsOf?: readonly string[],
): JournalRequest {
  const amount = BigInt(points);
  const entries = [
    { account: from, amount: -amount },
    { account: to, amount },
  ];
  return { key, kind: 'move', businessDate: date, reason: '', entries, restoresLotsOf };
}

export function post(database: Database, requests: readonly JournalRequest[]): Promise<readonly PostedJournal[]> {
  return database.transaction((tx) => postJournals({ database, tx }, requests));
}

/** Posts what is covered; returns the keys of the rest. */
export async function postCovered(database: Database, requests: readonly JournalRequest[]): Promise<string[]> {
  const { rejected } = await database.transaction((tx) => postCoveredJournals({ database, tx }, requests));
  return rejected.map(({ request }) => request.key);
}

export async function balancesOf(database: Database): Promise<Map<string, bigint>> {
  const rows = await database.knex('settle_account');
  return new Map(rows.map((row) => [`${row.account_type}:${row.owner_id}`, toBigInt(row.balance)]));
}

export async function lotsOf(database: Database): Promise<Map<string, string>> {
  const rows = await database
    .knex('settle_lot as l')
    .join('settle_journal as j', 'j.id', 'l.journal_id')
    .select('j.journal_key', 'l.line_no', 'l.amount', 'l.remaining', 'l.expires_at');
  return new Map(
    rows.map((row) => [`${row.journal_key} ${row.line_no}`, `${row.amount} ${row.remaining} ${row.expires_at}`]),
  );
}

/** The tables are what the oracle makes of the journals, and fit each other. */
export async function expectAsPlayed(database: Database, journals: readonly JournalRequest[]): Promise<string[]> {
  const played = playLedger(journals);
  const sorted = (map: ReadonlyMap<string, unknown>) => [...map].filter(([, value]) => value !== 0n).sort();
  expect(sorted(await balancesOf(database))).toEqual(sorted(played.balances));
  expect(sorted(await lotsOf(database))).toEqual(sorted(played.lots));
  expect(await verifyLedger(database)).toMatchObject({ violation: undefined, sound: true });
  return played.refused;
}
