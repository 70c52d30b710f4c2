/**
 * Puts rate cards, closed dates and settled challenges that are there already on the chain (src/ledger/rules/record.ts):
 * from here on verification finds every change of them. One transaction: all of them or none.
 */
import { createHash, type Hash, hash } from 'node:crypto';
import type { Knex } from 'knex';
import type { Migration, MigrationDialect } from '../migration.ts';
import {
  canonicalVersion,
  challengeKey,
  challengeRows,
  closingKey,
  closingRows,
  rateCardKey,
  rateCardRows,
  recordedRow,
  recordJournal,
  recordKind,
} from './record-form.ts';

const rowsAPage = 5_000;

type Row = Record<string, unknown>;

interface Found {
  readonly key: string;
  readonly businessDate: string;
  readonly reason: string;
  readonly digest: string;
}

export const migration: Migration = {
  name: '0703_settle_records',
  sqlite: [(knex) => putOnChain(knex, 'sqlite')],
  mariadb: [(knex) => putOnChain(knex, 'mariadb')],
  mysql: [(knex) => putOnChain(knex, 'mysql')],
};

async function putOnChain(knex: Knex, dialect: MigrationDialect): Promise<void> {
  await knex.transaction(async (tx) => {
    const head = tx('settle_ledger_head').where({ id: 1 });
    const end = await (dialect === 'sqlite' ? head : head.forUpdate()).first('last_journal_id', 'last_hash');
    // Without a head there is nothing to go on from: posting and verification say so.
    if (end === undefined || (await tx('settle_journal').where({ kind: recordKind, line_count: 0 }).first('id')))
      return;
    let id = BigInt(end.last_journal_id);
    let previousHash = String(end.last_hash);
    for await (const { key, businessDate, reason, digest: contentDigest } of recordsOf(tx)) {
      id++;
      const own = hash('sha256', recordJournal({ id, previousHash, key, businessDate, reason, contentDigest }));
      await tx('settle_journal').insert({
        id: id.toString(),
        journal_key: key,
        kind: recordKind,
        business_date: businessDate,
        reason,
        reverses_id: null,
        line_count: 0,
        content_digest: contentDigest,
        hash_version: canonicalVersion,
        previous_hash: previousHash,
        hash: own,
      });
      previousHash = own;
    }
    await tx('settle_ledger_head').where({ id: 1 }).update({ last_journal_id: id.toString(), last_hash: previousHash });
  });
}

async function* recordsOf(tx: Knex): AsyncGenerator<Found> {
  for (const row of (await tx(rateCardRows.table).orderBy('card_no').select(rateCardRows.columns)) as Row[]) {
    const digest = hash('sha256', recordedRow(rateCardRows, row));
    const reason = `rate card ${row.card_no}, there before`;
    yield { key: rateCardKey(Number(row.card_no)), businessDate: String(row.effective_from), reason, digest };
  }
  const closed: unknown[] = await tx('settle_settlement_date')
    .whereNotNull('closed_at')
    .orderBy('business_date')
    .pluck('business_date');
  for (const date of closed.map(String)) {
    yield {
      key: closingKey(date),
      businessDate: date,
      reason: `${date} closed before`,
      digest: await digestOfClosing(tx, date),
    };
  }
  yield* challengeRecordsOf(tx);
}

async function digestOfClosing(tx: Knex, date: string): Promise<string> {
  const digest = createHash('sha256');
  for (const rows of closingRows) {
    for (let offset = 0; ; offset += rowsAPage) {
      const query = tx(rows.table)
        .where(rows.dateColumn, date)
        .orderBy([...rows.order])
        .limit(rowsAPage)
        .offset(offset);
      const page: Row[] = await query.select(rows.columns);
      for (const row of page) digest.update(recordedRow(rows, row));
      if (page.length < rowsAPage) break;
    }
  }
  return digest.digest('hex');
}

/** One challenge after another: each has been in the hands of few executions. */
async function* challengeRecordsOf(tx: Knex): AsyncGenerator<Found> {
  const [ends, payouts] = challengeRows;
  const union = tx('settle_challenge').select('challenge_id').union(tx('settle_payout').distinct('challenge_id'));
  const rows: Row[] = await tx.from(union.as('c')).orderBy('challenge_id').select('challenge_id');
  for (const challengeId of rows.map((row) => String(row.challenge_id))) {
    const dates = new Map<string, string>();
    const digests = new Map<string, Hash>();
    const take = (which: typeof ends, row: Row) => {
      const execution = String(row.job_execution_id);
      digests.set(execution, (digests.get(execution) ?? createHash('sha256')).update(recordedRow(which, row)));
    };
    for (const row of (await tx(ends.table).where({ challenge_id: challengeId }).select(ends.columns)) as Row[]) {
      dates.set(String(row.job_execution_id), String(row.business_date));
      take(ends, row);
    }
    for (let after: string | undefined; ; ) {
      const query = tx(payouts.table).where({ challenge_id: challengeId }).orderBy('member_id').limit(rowsAPage);
      if (after !== undefined) query.where('member_id', '>', after);
      const page: Row[] = await query.select(payouts.columns);
      for (const row of page) take(payouts, row);
      if (page.length < rowsAPage) break;
      after = String(page[page.length - 1].member_id);
    }
    for (const [execution, digest] of digests) {
      const reason = `challenge ${challengeId}, execution ${execution}, settled before`;
      // Only ends of challenges are dated; stakes given back before are of no date.
      const businessDate = dates.get(execution) ?? '2000-01-01';
      yield { key: challengeKey(challengeId, execution), businessDate, reason, digest: digest.digest('hex') };
    }
  }
}
