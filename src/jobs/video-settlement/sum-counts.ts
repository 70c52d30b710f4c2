/**
 * Keeps the counts of past months and years summed, so that what a date costs does not grow with the history before it.
 * What has been published since is summed anew; and because statistics can be changed past any run, by hand, sums are
 * also compared with them: every one in a small database, in a large one some at each run, in turn.
 */
import type { Executor, Transaction } from '../../database/database.ts';
import type { StepContext } from '../../engine/step-context.ts';
import {
  forgetSummedPeriod,
  readContent,
  readMonthsBefore,
  readPublications,
  readSummedPeriods,
  replaceMonth,
  replaceYear,
  type SummedPeriod,
  unpublished,
  writeSummedPeriods,
} from './count-period-store.ts';
import { monthOf, monthsToSum, yearOf, yearsToSum } from './rules/count-periods.ts';
import { lockSettlements } from './settlement-lock.ts';

/** Rows of statistics that a run compares with their sums; the month of its own date it always compares. */
const rowsCheckedMax = 1_000_000;

/** Sums what `date` asks for, each period in a transaction of its own: cut short, it goes on where it was. */
export async function sumCounts(context: StepContext, date: string): Promise<void> {
  const { knex } = context.database;
  await checkSums(context, monthOf(date));
  const months = await readMonthsBefore(knex, date);
  const summed = await readTrueSums(knex);
  for (const month of monthsToSum(months, date)) {
    if (!summed.has(month)) await sumPeriod(context, month, (tx) => sumMonth(tx, month));
  }
  const summedNow = await readTrueSums(knex);
  for (const year of yearsToSum(months, date)) {
    if (summedNow.has(year)) continue;
    const ofYear = months.filter((month) => yearOf(month) === year);
    await sumPeriod(context, year, async (tx) => {
      return { contentDigest: '', rowsSummed: 0, videos: await replaceYear(tx, year, ofYear) };
    });
  }
}

/** The sums that are of the statistics as they are published now. */
export async function readTrueSums(executor: Executor): Promise<Map<string, SummedPeriod>> {
  const publications = await readPublications(executor);
  const summed = await readSummedPeriods(executor);
  const isTrue = ({ period, publicationsDigest }: SummedPeriod) =>
    publicationsDigest === (publications.get(period) ?? unpublished);
  return new Map([...summed].filter(([, one]) => isTrue(one)));
}

type Sums = Pick<SummedPeriod, 'contentDigest' | 'rowsSummed' | 'videos'>;

async function sumPeriod(context: StepContext, period: string, sum: (tx: Transaction) => Promise<Sums>): Promise<void> {
  const { database, jobExecutionId, signal } = context;
  signal.throwIfAborted();
  await context.transaction(async (tx) => {
    await lockSettlements(tx);
    // Taken before the sum: what is published in between leaves it outdated, never half known.
    const publicationsDigest = (await readPublications(tx)).get(period) ?? unpublished;
    const sums = await sum(tx);
    await writeSummedPeriods(database, tx, [
      { period, publicationsDigest, ...sums, checkedJobExecutionId: jobExecutionId },
    ]);
  });
}

async function sumMonth(tx: Transaction, month: string): Promise<Sums> {
  // The sum of the year holds what the month's was.
  await forgetSummedPeriod(tx, yearOf(month));
  // As with publications: a change in between is found when the two are compared.
  const { contentDigest, rows } = await readContent(tx, month);
  return { contentDigest, rowsSummed: rows, videos: await replaceMonth(tx, month) };
}

/** Forgets sums whose statistics are not what they were; those that were compared longest ago have their turn first. */
async function checkSums(context: StepContext, ownMonth: string): Promise<void> {
  const { database, jobExecutionId, logger } = context;
  await context.transaction(async (tx) => {
    await lockSettlements(tx);
    const months = [...(await readTrueSums(tx)).values()].filter(({ period }) => period.length > 4);
    const isOwn = ({ period }: SummedPeriod) => Number(period === ownMonth);
    months.sort((a, b) => isOwn(b) - isOwn(a) || a.checkedJobExecutionId - b.checkedJobExecutionId);
    const checked: SummedPeriod[] = [];
    let rows = 0;
    for (const month of months) {
      if (rows >= rowsCheckedMax) break;
      context.signal.throwIfAborted();
      if (!isOwn(month)) rows += month.rowsSummed;
      if ((await readContent(tx, month.period)).contentDigest === month.contentDigest) {
        checked.push({ ...month, checkedJobExecutionId: jobExecutionId });
      } else {
        logger.warn({ month: month.period }, 'statistics were changed after they were published: summing them anew');
        await forgetSummedPeriod(tx, month.period);
        await forgetSummedPeriod(tx, yearOf(month.period));
      }
    }
    await writeSummedPeriods(database, tx, checked);
  });
}
