/**
 * Step `credit-creators`: brings the ledger to what the settlements of each date say. It posts differences: due by the
 * settlements and adjustments of a date, less what was credited for the date. So it does not matter how often it runs,
 * where it was cut short, or which run has left something to credit.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { toBigInt, toNumber } from '../../database/values.ts';
import type { StepContext, StepCounts } from '../../engine/step.ts';
import { type CreatorCredit, postCredits } from './post-credits.ts';
import { lockSettlements } from './settlement-lock.ts';

/** Journals a transaction. */
const creatorsAPage = 10_000;

export async function creditCreators(context: StepContext): Promise<Partial<StepCounts>> {
  const { database } = context;
  let writeCount = 0;
  for (const date of await readDatesWithCreditsDue(database)) {
    for (let posted = creatorsAPage; posted === creatorsAPage; writeCount += posted) {
      context.signal.throwIfAborted();
      posted = await context.transaction(async (tx) => {
        await lockSettlements(database, tx);
        const credits = await readCreditsDue(tx, date, creatorsAPage);
        await postCredits({ database, tx }, credits);
        await insertCredits(database, tx, credits, context.jobExecutionId);
        if (credits.length < creatorsAPage) {
          await tx('settle_settlement_date').where({ business_date: date }).update({ credits_due: 0 });
        }
        return credits.length;
      });
    }
  }
  return { readCount: writeCount, writeCount };
}

async function readDatesWithCreditsDue({ knex }: Database): Promise<string[]> {
  const rows = await knex('settle_settlement_date')
    .where({ credits_due: 1 })
    .orderBy('business_date')
    .select('business_date');
  return rows.map((row) => String(row.business_date));
}

/** The next credits of creators for whom what was credited for the date is not what is due. */
async function readCreditsDue(tx: Transaction, date: string, limit: number): Promise<CreatorCredit[]> {
  const settled = tx('settle_video_settlement').where({ business_date: date, is_current: 1 });
  const booked = tx('settle_settlement_adjustment').where({ booked_date: date });
  const credited = tx('settle_creator_credit').where({ business_date: date });
  const rows = (await tx
    .from(
      settled
        .select('creator_id', 'total as amount', tx.raw('0 as credit_no'))
        .unionAll([
          booked.select('creator_id', 'total as amount', tx.raw('0 as credit_no')),
          credited.select('creator_id', tx.raw('-amount as amount'), 'credit_no'),
        ])
        .as('posted'),
    )
    .groupBy('creator_id')
    .havingRaw('SUM(amount) <> 0')
    .orderBy('creator_id')
    .limit(limit)
    .select('creator_id')
    .sum({ due: 'amount' })
    .max({ credits: 'credit_no' })) as unknown as Record<string, unknown>[];
  return rows.map((row) => {
    const creatorId = row.creator_id === null ? null : toBigInt(row.creator_id);
    const creditNo = toNumber(row.credits) + 1;
    const journalKey = `video-settlement:${date}:${creatorId ?? 'unknown'}:${creditNo}`;
    return { date, creatorId, creditNo, amount: toBigInt(row.due), journalKey };
  });
}

async function insertCredits(
  database: Database,
  tx: Transaction,
  credits: readonly CreatorCredit[],
  jobExecutionId: number,
): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_creator_credit',
      columns: ['journal_key', 'business_date', 'creator_id', 'credit_no', 'amount', 'job_execution_id'],
    },
    credits.map(({ journalKey, date, creatorId, creditNo, amount }) => [
      journalKey,
      date,
      creatorId,
      creditNo,
      amount,
      jobExecutionId,
    ]),
  );
}
