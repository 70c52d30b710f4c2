/**
 * Step `credit-creators`: brings the ledger to what the settlements of each date say. It posts differences: due by the
 * settlements and adjustments of a date, less what was credited for the date. So it does not matter how often it runs,
 * where it was cut short, or which run has left something to credit.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Transaction } from '../../database/database.ts';
import { type Row, toBigInt, toNumber } from '../../database/values.ts';
import type { StepCounts } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { type CreatorCredit, postCredits } from './post-credits.ts';
import { lockSettlements } from './settlement-lock.ts';

/** Journals a transaction. */
const creatorsAPage = 10_000;
/** Credits that are worked out at a time: that reads all of the date's settlements. */
const creatorsListed = 200_000;

/** What was still to be credited for a date when that many changes had been made to it. */
interface DueList {
  readonly changes: number;
  readonly credits: readonly CreatorCredit[];
  readonly isWhole: boolean;
}

export async function creditCreators(context: StepContext): Promise<Partial<StepCounts>> {
  let writeCount = 0;
  for (const date of await readDatesWithCreditsDue(context.database)) writeCount += await creditDate(context, date);
  return { readCount: writeCount, writeCount };
}

/**
 * In pages, each in a transaction of its own. In between another run may settle or credit: it counts a change of the
 * date, and what is left of the list is worked out again.
 */
async function creditDate(context: StepContext, date: string): Promise<number> {
  const { database, jobExecutionId, signal } = context;
  let due: DueList = { changes: 0, credits: [], isWhole: false };
  let posted = 0;
  for (let isDone = false; !isDone; ) {
    signal.throwIfAborted();
    [due, isDone] = await context.transaction(async (tx) => {
      await lockSettlements(tx);
      const changes = await readChanges(tx, date);
      if (changes === 0) return [due, true];
      const isCurrent = changes === due.changes && due.credits.length > 0;
      const { credits, isWhole } = isCurrent ? due : await readCreditsDue(tx, date, creatorsListed);
      const page = credits.slice(0, creatorsAPage);
      await postCredits({ database, tx }, page);
      await insertCredits(database, tx, page, jobExecutionId);
      posted += page.length;
      const left = { changes: changes + 1, credits: credits.slice(creatorsAPage), isWhole };
      const isLast = isWhole && left.credits.length === 0;
      await tx('settle_settlement_date')
        .where({ business_date: date })
        .update({ credits_due: isLast ? 0 : left.changes });
      return [left, isLast];
    });
  }
  return posted;
}

async function readDatesWithCreditsDue({ knex }: Database): Promise<string[]> {
  const rows = await knex('settle_settlement_date')
    .where('credits_due', '>', 0)
    .orderBy('business_date')
    .select('business_date');
  return rows.map((row) => String(row.business_date));
}

async function readChanges(tx: Transaction, date: string): Promise<number> {
  const row = await tx('settle_settlement_date').where({ business_date: date }).first('credits_due');
  return toNumber(row?.credits_due ?? 0);
}

/** The next credits of creators for whom what was credited for the date is not what is due. */
async function readCreditsDue(
  tx: Transaction,
  date: string,
  limit: number,
): Promise<Pick<DueList, 'credits' | 'isWhole'>> {
  const settled = tx('settle_video_settlement').where({ business_date: date, is_current: 1 });
  const booked = tx('settle_settlement_adjustment').where({ booked_date: date });
  const credited = tx('settle_creator_credit').where({ business_date: date });
  const rows: Row[] = await tx
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
    .max({ credits: 'credit_no' });
  const credits = rows.map((row) => {
    const creatorId = row.creator_id === null ? null : toBigInt(row.creator_id);
    const creditNo = toNumber(row.credits) + 1;
    const journalKey = `video-settlement:${date}:${creatorId ?? 'unknown'}:${creditNo}`;
    return { date, creatorId, creditNo, amount: toBigInt(row.due), journalKey };
  });
  return { credits, isWhole: credits.length < limit };
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
