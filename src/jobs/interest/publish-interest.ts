/** Step `publish-interest`: checks that the ledger holds what the date posted, marks the date complete, frees the claim. */
import type { Executor } from '../../database/database.ts';
import { toBigInt } from '../../database/values.ts';
import type { StepCounts } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { releaseClaim, requireClaim } from '../writer-claim.ts';
import { claimInterest, interestClaim } from './claim.ts';

/** @throws SettleError INTEREST_UNBALANCED (exit 20) */
export async function publishInterest(context: StepContext): Promise<Partial<StepCounts>> {
  const { database, parameters, jobExecutionId } = context;
  const date = parameters.require('date');
  const begun = await database.knex('settle_interest_date').where({ business_date: date }).first('business_date');
  if (begun === undefined) return {};
  // A restart whose partitions are all complete has not asked for it yet.
  await claimInterest(context, date);
  return await context.transaction(async (tx) => {
    await requireClaim(tx, interestClaim, jobExecutionId);
    await requireBalance(tx, date);
    const completedAt = await database.dialect.now(tx);
    await tx('settle_interest_date').where({ business_date: date }).update({ completed_at: completedAt });
    await releaseClaim(tx, interestClaim, jobExecutionId);
    return { writeCount: 1 };
  });
}

/** What is booked in the date against the journals that its postings name. */
async function requireBalance(tx: Executor, date: string): Promise<void> {
  const [{ amount: booked }] = await tx('settle_interest_posting')
    .where({ booked_date: date })
    .sum({ amount: 'amount' });
  const keys = tx('settle_interest_posting').where({ booked_date: date }).distinct('journal_key');
  const [{ amount: posted }] = await tx('settle_entry as e')
    .join('settle_journal as j', 'j.id', 'e.journal_id')
    .whereIn('j.journal_key', keys)
    .where('e.account_type', 'deposit')
    .sum({ amount: 'e.amount' });
  const [one, other] = [toBigInt(booked ?? 0), toBigInt(posted ?? 0)];
  if (one === other) return;
  throw new SettleError(
    'INTEREST_UNBALANCED',
    ExitCode.invariantBroken,
    `interest of ${one} won is booked on ${date}, and the ledger holds ${other} of it`,
    { hint: '`settle ledger verify` names the entry that does not fit' },
  );
}
