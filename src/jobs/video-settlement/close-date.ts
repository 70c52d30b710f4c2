/** Closes a settled date: from then on its settlement is never rewritten, and what comes late is booked in an open date. */
import type { Database } from '../../database/database.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { postRecords } from '../../ledger/post-records.ts';
import { closingDigest } from '../../ledger/record-digests.ts';
import { zoneFlag } from '../views/statistics/likely-zone.ts';
import { lockSettlements } from './settlement-lock.ts';
import { readSettlementDates, writeSettlementDates } from './settlement-store.ts';

export interface ClosedDate {
  readonly date: string;
  /** UTC. */
  readonly closedAt: string;
  readonly wasClosedBefore: boolean;
}

/**
 * Closing a closed date changes nothing.
 * @throws SettleError (exit 1) when the date is not settled, or its creators have not been credited
 */
export async function closeDate(database: Database, date: string): Promise<ClosedDate> {
  return await database.transaction(async (tx) => {
    await lockSettlements(tx);
    const known = (await readSettlementDates(tx, date)).get(date);
    if (known?.closedAt) return { date, closedAt: known.closedAt, wasClosedBefore: true };
    const hint = `run \`settle --date ${date}${await zoneFlag(tx, date)}\` to its end first`;
    if (known === undefined || known.jobExecutionId === null) {
      throw new SettleError('NOT_SETTLED', ExitCode.failed, `${date} is not settled, so there is nothing to close`, {
        hint,
      });
    }
    if (known.creditsDue > 0) {
      const message = `${date} is settled, but its creators have not been credited yet`;
      throw new SettleError('CREDITS_DUE', ExitCode.failed, message, { hint });
    }
    const closedAt = await database.dialect.now(tx);
    await writeSettlementDates(database, tx, [{ ...known, closedAt }]);
    // What the date pays, and to whom, is on the chain from now on.
    const [key, digest] = await closingDigest(tx, date);
    await postRecords({ database, tx }, [{ key, businessDate: date, reason: `${date} closed`, digest }]);
    return { date, closedAt, wasClosedBefore: false };
  });
}
