/**
 * Step `publish-statistics`: checks that every row read has one verdict, and replaces the date's statistics and
 * quarantine in one transaction, so that no reader sees them half done.
 */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { lockName } from '../../../database/lock-row.ts';
import { giveTurn } from '../../../database/turn.ts';
import type { SqlValue } from '../../../database/values.ts';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { listPartitions } from '../../../repository/partition.ts';
import { noteReadable } from '../publication/read-revision.ts';
import { StatisticsTotals } from '../rules/statistics-totals.ts';
import { defaultViewPolicy, sumVerdicts, type VerdictCounts, verdicts } from '../rules/verdict.ts';
import { listPartials, type PartialName, readPartial, sumPartialVerdicts } from './partial-store.ts';
import { requireSkipLimit } from './skip-limit.ts';

import { readPlanDetail, requireSameZone, statisticsStep } from './statistics-plan.ts';

import { readStatisticsRun } from './statistics-run.ts';

/** Few, so that the garbage of one batch does not outlive it. */
const rowsAnInsert = 1_000;

/** @throws SettleError BALANCE_BROKEN (exit code 20), OTHER_ZONE (exit code 2) */
export async function publishStatistics(context: StepContext): Promise<Partial<StepCounts>> {
  const { database, jobInstanceId, parameters } = context;
  const date = parameters.require('date');
  const read = await countRowsRead(database, jobInstanceId);
  const counts = await checkBalance(database, jobInstanceId, read);
  requireSkipLimit(parameters, counts.invalid);
  const buckets = Map.groupBy(await listPartials(database.knex, jobInstanceId, 'sums'), ({ bucket }) => bucket);
  const before = await readStatisticsRun(database.knex, date);
  let videos = 0;
  await context.transaction(async (tx) => {
    // A run of the date in another zone is another instance: of two that began together, the second one is told.
    await lockName(tx, `statistics ${date}`);
    await requireSameZone(tx, parameters);
    await tx('video_daily_stats').where({ business_date: date }).delete();
    for (const [, names] of buckets) {
      context.signal.throwIfAborted();
      const totals = await readTotals(tx, jobInstanceId, names);
      videos += await insertStatistics(database, tx, date, totals);
    }
    await replaceQuarantine(database, tx, context, date);
    await saveRun(database, tx, context, counts, read);
    await noteReadable(database, tx, { statistics: [date] });
  });
  context.jobContext.put('verdicts', {
    ...Object.fromEntries(verdicts.map((verdict) => [verdict, BigInt(counts[verdict])])),
    read: BigInt(read),
  });
  if (before !== undefined && before.jobExecutionId !== context.jobExecutionId) {
    const counted = Object.entries(before.verdicts).map(([verdict, rows]) => [verdict, BigInt(rows)]);
    context.jobContext.put('verdictsBefore', Object.fromEntries(counted));
  }
  return { readCount: videos, writeCount: videos };
}

/** Rows that the engine counted while reading: counted apart from the verdicts, so that one can check the other. */
async function countRowsRead(database: Database, jobInstanceId: number): Promise<number> {
  const partitions = await listPartitions(database, jobInstanceId, statisticsStep);
  return partitions.reduce((sum, { counts }) => sum + counts.readCount, 0);
}

async function checkBalance(database: Database, jobInstanceId: number, read: number): Promise<VerdictCounts> {
  const { counts, openOfDay } = await sumPartialVerdicts(database.knex, jobInstanceId);
  if (openOfDay !== 0 || sumVerdicts(counts) !== read) {
    const sums = verdicts.map((verdict) => `${verdict} ${counts[verdict]}`).join(', ');
    throw new SettleError(
      'BALANCE_BROKEN',
      ExitCode.invariantBroken,
      `${read} rows were read but the verdicts add up to ${sumVerdicts(counts)} (${sums}, undecided ${openOfDay})`,
      { hint: 'Nothing was published. Keep the database as it is and report this.' },
    );
  }
  return counts;
}

/** Of the videos of one bucket. */
async function readTotals(
  executor: Executor,
  jobInstanceId: number,
  names: readonly PartialName[],
): Promise<StatisticsTotals> {
  const totals = new StatisticsTotals();
  for (const name of names) {
    totals.add(await readPartial(executor, jobInstanceId, 'sums', name));
    await giveTurn();
    while (totals.mergeNext()) await giveTurn();
  }
  while (totals.mergeNext(true)) await giveTurn();
  return totals;
}

/** Returns how many videos there were. */
async function insertStatistics(
  database: Database,
  tx: Transaction,
  date: string,
  totals: StatisticsTotals,
): Promise<number> {
  const target = {
    table: 'video_daily_stats',
    columns: ['business_date', 'video_id', 'views', 'ad_views', 'play_seconds'],
  };
  let videos = 0;
  let rows: SqlValue[][] = [];
  for (const video of totals.inOrder()) {
    videos++;
    rows.push([date, video.videoId, video.views, video.adViews, video.playSeconds]);
    if (rows.length < rowsAnInsert) continue;
    await bulkInsert(tx, database.dialect, target, rows);
    rows = [];
  }
  await bulkInsert(tx, database.dialect, target, rows);
  return videos;
}

/** The date's invalid rows are replaced; an undated row is quarantined once, whichever run meets it first. */
async function replaceQuarantine(
  database: Database,
  tx: Transaction,
  context: StepContext,
  date: string,
): Promise<void> {
  await tx('settle_quarantine').where({ business_date: date }).delete();
  for (let last: string | number | undefined; ; ) {
    const query = tx('settle_quarantine_staged').where({ job_instance_id: context.jobInstanceId });
    if (last !== undefined) query.where('row_id', '>', last);
    const staged = await query.orderBy('row_id').limit(rowsAnInsert).select('row_id', 'reason', 'payload');
    if (staged.length === 0) return;
    last = staged[staged.length - 1].row_id as string | number;
    const undated = staged.filter(({ reason }) => reason === 'undated');
    await quarantine(database, tx, 'ignore', null, context.jobExecutionId, undated);
    const invalid = staged.filter(({ reason }) => reason !== 'undated');
    await quarantine(database, tx, 'replace-values', date, context.jobExecutionId, invalid);
  }
}

/** Puts rows into the quarantine. */
export async function quarantine(
  database: Database,
  tx: Transaction,
  mode: 'ignore' | 'replace-values',
  date: string | null,
  jobExecutionId: number,
  rows: readonly { row_id: string | number; reason: string; payload: string }[],
): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_quarantine',
      columns: ['row_id', 'business_date', 'reason', 'payload', 'job_execution_id'],
      mode,
      keys: ['row_id'],
    },
    rows.map((row) => [row.row_id, date, row.reason, row.payload, jobExecutionId]),
  );
}

async function saveRun(
  database: Database,
  tx: Transaction,
  context: StepContext,
  counts: VerdictCounts,
  read: number,
): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_statistics_run',
      columns: ['business_date', 'zone', 'policy', 'verdicts', 'job_execution_id', 'computed_at', 'log_end_id'],
      mode: 'replace-values',
      keys: ['business_date'],
    },
    [
      [
        context.parameters.require('date'),
        context.parameters.require('zone'),
        JSON.stringify(defaultViewPolicy),
        JSON.stringify({ ...counts, read }),
        context.jobExecutionId,
        await database.dialect.now(tx),
        await readLogEnd(tx, context.jobInstanceId),
      ],
    ],
  );
}

/** The largest id of the log that the plan knew; null for an empty log, and in a plan of an older version. */
async function readLogEnd(tx: Transaction, jobInstanceId: number): Promise<bigint | null> {
  const { logEndId } = await readPlanDetail(tx, jobInstanceId);
  return logEndId === undefined ? null : BigInt(logEndId);
}
