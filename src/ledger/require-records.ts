/** Recorded rows beside the records of the chain: no row may have changed since, be missing, or be one of which there is no record. */
import type { Executor } from '../database/database.ts';
import { inSmallGroups } from './in-groups.ts';
import { challengeDigests, closingDigest, rateCardDigests } from './record-digests.ts';
import { recordKind, recordPrefix } from './rules/record.ts';
import { Violation } from './rules/violation.ts';

/** @throws Violation naming the first record that its rows do not have, or the first rows without a record */
export async function requireRecords(executor: Executor): Promise<void> {
  const rows = await executor('settle_journal')
    .where({ kind: recordKind, line_count: 0 })
    .orderBy('id')
    .select('journal_key', 'content_digest');
  const records = new Map<string, string>(rows.map((row) => [row.journal_key, String(row.content_digest)]));
  const compare = (found: ReadonlyMap<string, string>) => {
    for (const [key, digest] of found) {
      const recorded = records.get(key);
      if (recorded === undefined)
        throw new Violation(nameOf(key), 'no record of it is on the chain: it was not written by settle');
      if (recorded !== digest) throw new Violation(nameOf(key), 'its rows have been changed since they were recorded');
      records.delete(key);
    }
  };
  compare(await rateCardDigests(executor));
  const dates = await executor('settle_settlement_date')
    .whereNotNull('closed_at')
    .orderBy('business_date')
    .pluck('business_date');
  for (const date of dates) compare(new Map([await closingDigest(executor, String(date))]));
  for (let after: string | undefined; ; ) {
    const ids = await nextChallenges(executor, after);
    for (const group of inSmallGroups(ids)) compare(await challengeDigests(executor, group));
    if (ids.length === 0) break;
    after = ids[ids.length - 1];
  }
  const [missing] = records.keys();
  if (missing !== undefined) throw new Violation(nameOf(missing), 'it is on the chain, and its rows are gone');
}

const challengesAPage = 1_000;

/** Challenges that have ended, or of which a member was paid. */
async function nextChallenges(executor: Executor, after: string | undefined): Promise<string[]> {
  const ids: bigint[] = [];
  for (const table of ['settle_challenge', 'settle_payout']) {
    const query = executor(table).orderBy('challenge_id').limit(challengesAPage).distinct('challenge_id');
    if (after !== undefined) query.where('challenge_id', '>', after);
    ids.push(...(await query.pluck('challenge_id')).map(BigInt));
  }
  const sorted = [...new Set(ids)].sort((a, b) => (a < b ? -1 : 1));
  return sorted.slice(0, challengesAPage).map(String);
}

/** `record:rate-card:3` as people say it. */
function nameOf(key: string): string {
  const [kind, ...ids] = key.slice(recordPrefix.length).split(':');
  if (kind === 'rate-card') return `rate card ${ids[0]}`;
  if (kind === 'closing') return `the closed date ${ids[0]}`;
  if (kind === 'challenge') return `challenge ${ids[0]}, execution ${ids[1]}`;
  return key;
}
