/** Real donations as stakes: every event a challenge, every donor a member; the control totals of the source come out. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { bulkInsert } from '../../../src/database/bulk-insert.ts';
import type { Database } from '../../../src/database/database.ts';
import { toBigInt } from '../../../src/database/values.ts';
import { postJournals } from '../../../src/ledger/post-journals.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { settleChallenges } from './support.ts';

const folder = new URL('../../fixtures/gdq-donations/', import.meta.url);

/** Event to its total in cents, as the source's README says. */
function controlTotals(): Map<string, bigint> {
  const text = readFileSync(new URL('README.md', folder), 'utf8');
  const found = [
    ...text.slice(text.indexOf('Control totals'), text.indexOf('Dirt:')).matchAll(/\b([a-z]+\d*) (\d+)\.(\d\d)\b/g),
  ];
  return new Map(found.map(([, event, dollars, cents]) => [event, BigInt(dollars + cents)]));
}

/** Event -> donor -> cents. */
function readDonations(): Map<string, Map<bigint, bigint>> {
  const lines = gunzipSync(readFileSync(new URL('donations.csv.gz', folder)))
    .toString()
    .trimEnd()
    .split('\n');
  const events = new Map<string, Map<bigint, bigint>>();
  for (const line of lines.slice(1)) {
    const [, event, donor, , amount] = line.split(',');
    const [dollars, cents = ''] = amount.split('.');
    const stakes = events.get(event) ?? new Map<bigint, bigint>();
    events.set(event, stakes);
    const id = BigInt(donor);
    stakes.set(id, (stakes.get(id) ?? 0n) + BigInt(dollars + cents.padEnd(2, '0')));
  }
  return events;
}

interface Staked {
  readonly id: bigint;
  readonly challengeId: bigint;
  readonly userId: bigint;
  readonly stake: bigint;
  readonly wins: boolean;
}

describe.each(sampledDatabases(import.meta.url))('challenges of real stakes on $name', ({ name }) => {
  const events = readDonations();
  const members: Staked[] = [];
  let bench: Bench;

  beforeAll(async () => {
    bench = await openBench(name);
    let challengeId = 0n;
    for (const stakes of events.values()) {
      challengeId++;
      for (const [userId, stake] of stakes) {
        const id = BigInt(members.length + 1);
        members.push({ id, challengeId, userId, stake, wins: id % 3n > 0n });
      }
    }
    await fill(bench.database, events.size, members);
  }, 120_000);
  afterAll(async () => await bench?.drop());

  test('pots are the control totals, and every cent goes to the winners by largest remainder', async () => {
    await settleChallenges(bench.database, '2026-06-01', { workers: 1 });
    const { knex } = bench.database;
    const settled = await knex('settle_challenge').orderBy('challenge_id').select('status', 'pot', 'distributable');
    expect(settled.every(({ status }) => status === 'FINISHED')).toBe(true);
    const pots = new Map([...events.keys()].map((event, index) => [event, toBigInt(settled[index].pot)]));
    expect(pots).toEqual(controlTotals());

    const paid = new Map<bigint, bigint>();
    for (const row of await knex('settle_payout').select('member_id', 'payout')) {
      paid.set(toBigInt(row.member_id), toBigInt(row.payout));
    }
    expect(paid.size).toBe(members.length);
    for (const [challengeId, all] of Map.groupBy(members, (member) => member.challengeId)) {
      const expected = largestRemainder(all);
      const wrong = all.filter(({ id }) => paid.get(id) !== (expected.get(id) ?? 0n));
      expect(wrong, `challenge ${challengeId}`).toEqual([]);
    }
    const escrows = await knex('settle_account').where({ account_type: 'escrow' }).whereNot({ balance: 0 });
    expect(escrows).toEqual([]);
  }, 240_000);
});

/** By plain loops; everyone joined at the same time, so ties go by id. */
function largestRemainder(members: readonly Staked[]): Map<bigint, bigint> {
  const pot = members.reduce((sum, { stake }) => sum + stake, 0n);
  const winners = members.filter(({ wins }) => wins);
  const weight = winners.reduce((sum, { stake }) => sum + stake, 0n);
  const shares = new Map(winners.map(({ id, stake }) => [id, (pot * stake) / weight]));
  const left = Number(pot - [...shares.values()].reduce((a, b) => a + b, 0n));
  const byFraction = winners
    .map(({ id, stake }) => ({ id, fraction: (pot * stake) % weight }))
    .sort((a, b) => (a.fraction !== b.fraction ? (a.fraction > b.fraction ? -1 : 1) : a.id < b.id ? -1 : 1));
  for (const { id } of byFraction.slice(0, left)) shares.set(id, shares.get(id)! + 1n);
  return shares;
}

/** Straight into the tables and the ledger: 150,000 stakes by way of an import are the import's own test. */
async function fill(database: Database, challenges: number, members: readonly Staked[]): Promise<void> {
  const { dialect } = database;
  await database.transaction(async (tx) => {
    const challengeColumns = ['id', 'status', 'start_date', 'end_date', 'min_members', 'stake'];
    const rows = Array.from({ length: challenges }, (_, i) => [i + 1, 'READY', '2026-05-31', '2026-05-31', 1, 1]);
    await bulkInsert(tx, dialect, { table: 'challenge', columns: challengeColumns }, rows);
    const memberColumns = ['id', 'challenge_id', 'user_id', 'stake', 'joined_at'];
    await bulkInsert(
      tx,
      dialect,
      { table: 'challenge_member', columns: memberColumns },
      members.map(({ id, challengeId, userId, stake }) => [id, challengeId, userId, stake, '2026-05-30 00:00:00.000']),
    );
    const proofColumns = ['id', 'challenge_id', 'user_id', 'proof_date'];
    await bulkInsert(
      tx,
      dialect,
      { table: 'challenge_proof', columns: proofColumns },
      members.filter(({ wins }) => wins).map(({ id, challengeId, userId }) => [id, challengeId, userId, '2026-05-31']),
    );
  });
  for (let at = 0; at < members.length; at += 10_000) {
    // Points that come from nowhere but a grant: straight into escrow.
    const journals = [...Map.groupBy(members.slice(at, at + 10_000), ({ challengeId }) => challengeId)].map(
      ([challengeId, some]) => {
        const amount = some.reduce((sum, { stake }) => sum + stake, 0n);
        return {
          key: `stakes:${challengeId}:${at}`,
          kind: 'grant',
          businessDate: '2026-05-30',
          reason: 'donations',
          entries: [
            { account: { type: 'grant', ownerId: 0n } as const, amount: -amount },
            { account: { type: 'escrow', ownerId: challengeId } as const, amount },
          ],
        };
      },
    );
    await database.transaction((tx) => postJournals({ database, tx }, journals));
  }
}
