/** The state of each business date in a span: what `settle dates` prints a line of. */
import type { Database } from '../../database/database.ts';
import { toBigInt, toNumber } from '../../database/values.ts';
import { listJobExecutionsByParameter } from '../../repository/job-execution.ts';
import { listParametersOf } from '../../repository/job-parameters.ts';
import { selectLease } from '../../repository/lease.ts';
import { isRunning, type JobExecution } from '../../repository/types.ts';
import { addDays } from '../../rules/business-time.ts';
import { endOfDate } from '../due-date.ts';
import { listRateCards } from '../video-settlement/rate-card-store.ts';
import { likelyZone } from '../views/statistics/likely-zone.ts';
import {
  listStatisticsRuns,
  readFirstDate,
  readNewestZone,
  type StatisticsRun,
} from '../views/statistics/statistics-run.ts';

export type DateState =
  | 'not over'
  | 'missing'
  | 'running'
  | 'no heartbeat'
  | 'failed'
  | 'stopped'
  | 'abandoned'
  | 'settled before its end'
  | 'settled'
  | 'closed';

export interface DateLine {
  readonly date: string;
  readonly state: DateState;
  readonly zone: string | undefined;
  /** In which it is settled next: its own, else that of its neighbours. */
  readonly dueZone: string;
  /** Names of the rate cards that priced the date. */
  readonly cards: readonly string[];
  readonly read: number | undefined;
  readonly counted: number | undefined;
  /** Rows of the date that were set aside as invalid. */
  readonly skipped: number | undefined;
  /** Whole won of the date's videos and of adjustments booked in it; undefined before it is settled. */
  readonly won: bigint | undefined;
  /** Won against the same weekday of the week before, in per cent; undefined where there is nothing to compare with. */
  readonly changePercent: number | undefined;
  /** 1 for the first run, 2 and more for reruns. */
  readonly revision: number | undefined;
  /** The newest execution. */
  readonly execution: number | undefined;
  readonly durationMs: number | undefined;
  /** The command to go on with; undefined where nothing is to be done. */
  readonly next: string | undefined;
}

const WEEK = 7;

/**
 * A line for each date from the first to the last, both inside, in order.
 * @param zone of business dates where nothing was settled yet
 */
export async function readDates(
  database: Database,
  period: { readonly from: string; readonly to: string },
  now: Date,
  zone: string,
): Promise<DateLine[]> {
  const settled = await listStatisticsRuns(database.knex, period);
  const runs = new Map(settled.map((run) => [run.date, run]));
  const otherwise = (await readNewestZone(database.knex)) ?? zone;
  const first = await readFirstDate(database.knex);
  const newest = await readNewestExecutions(database, period);
  const closed = await readClosedDates(database, period);
  const won = await readWon(database, { from: addDays(period.from, -WEEK), to: period.to });
  const cards = await readCards(database, period);
  const lines: DateLine[] = [];
  for (let date = period.from; date <= period.to; date = addDays(date, 1)) {
    const run = runs.get(date);
    const last = newest.get(date);
    const ownZone = run?.zone ?? last?.zone;
    const dueZone = ownZone ?? likelyZone(settled, date) ?? otherwise;
    const isOver = endOfDate(date, dueZone) <= now.getTime();
    const state = await stateOf(database, run, last?.execution, { isClosed: closed.has(date), isOver });
    const before = won.get(addDays(date, -WEEK));
    const own = won.get(date);
    lines.push({
      date,
      state,
      zone: ownZone,
      dueZone,
      cards: cards.get(date) ?? [],
      read: run?.verdicts.read,
      counted: run?.verdicts.counted,
      skipped: run?.verdicts.invalid,
      won: own,
      changePercent: own === undefined || before === undefined || before <= 0n ? undefined : percent(own, before),
      revision: last?.revision,
      execution: last?.execution.id ?? run?.jobExecutionId,
      durationMs: durationOf(last?.execution, now),
      // Before the first date that was ever settled: nobody missed it.
      next:
        state === 'missing' && first !== undefined && date < first
          ? undefined
          : nextOf({ date, zone: dueZone, isOver }, state, last?.execution),
    });
  }
  return lines;
}

interface NewestExecution {
  readonly execution: JobExecution;
  readonly revision: number;
  readonly zone: string | undefined;
}

/** Of the job `daily`, by date. */
async function readNewestExecutions(
  database: Database,
  period: { readonly from: string; readonly to: string },
): Promise<Map<string, NewestExecution>> {
  const found = await listJobExecutionsByParameter(database.knex, 'daily', 'date', period.from, period.to);
  const newest = new Map(found.map(({ execution, value }) => [value, execution]));
  const parameters = await listParametersOf(
    database.knex,
    [...newest.values()].map(({ id }) => id),
  );
  const byExecution = Map.groupBy(parameters, ({ jobExecutionId }) => jobExecutionId);
  return new Map(
    [...newest].map(([date, execution]) => {
      const given = (name: string) => byExecution.get(execution.id)?.find((one) => one.name === name)?.value;
      return [date, { execution, revision: Number(given('revision') ?? 1), zone: given('zone') }];
    }),
  );
}

async function stateOf(
  database: Database,
  run: StatisticsRun | undefined,
  last: JobExecution | undefined,
  { isClosed, isOver }: { readonly isClosed: boolean; readonly isOver: boolean },
): Promise<DateState> {
  if (last !== undefined && isRunning(last.status)) {
    const lease = await selectLease(database, database.knex, last.id);
    return lease === undefined || lease.isExpired ? 'no heartbeat' : 'running';
  }
  if (last?.status === 'FAILED') return 'failed';
  if (last?.status === 'STOPPED') return 'stopped';
  if (last?.status === 'ABANDONED') return 'abandoned';
  if (run === undefined) return isOver ? 'missing' : 'not over';
  const startedAt = (last?.id === run.jobExecutionId ? last.startTime : undefined) ?? run.computedAt;
  if (startedAt.getTime() < endOfDate(run.date, run.zone)) return 'settled before its end';
  return isClosed ? 'closed' : 'settled';
}

/** A command that works now: none for a date that is not over. */
function nextOf(
  { date, zone, isOver }: { readonly date: string; readonly zone: string; readonly isOver: boolean },
  state: DateState,
  last: JobExecution | undefined,
): string | undefined {
  switch (state) {
    case 'missing':
    case 'settled before its end':
      return isOver ? `settle --date ${date} --zone ${zone}` : undefined;
    case 'abandoned':
      return isOver ? `settle run daily --date ${date} --zone ${zone} --rerun` : undefined;
    case 'failed':
    case 'stopped':
      return `settle restart ${last?.id}`;
    case 'no heartbeat':
      return 'settle recover';
    default:
      return undefined;
  }
}

function durationOf(last: JobExecution | undefined, now: Date): number | undefined {
  if (last?.startTime === undefined) return undefined;
  const end = last.endTime ?? (isRunning(last.status) ? now : last.lastUpdated);
  return end === undefined ? undefined : Math.max(0, end.getTime() - last.startTime.getTime());
}

/** Those of the span that are closed. */
export async function readClosedDates(
  { knex }: Database,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Set<string>> {
  const dates = await knex('settle_settlement_date')
    .whereBetween('business_date', [from, to])
    .whereNotNull('closed_at')
    .pluck('business_date');
  return new Set(dates.map(String));
}

/** As `settle settlement` has it: what a date pays, and the adjustments booked in it. */
async function readWon(
  { knex }: Database,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Map<string, bigint>> {
  const settled = await knex('settle_settlement_date').whereBetween('business_date', [from, to]).pluck('business_date');
  const won = new Map<string, bigint>(settled.map((date) => [String(date), 0n]));
  const add = (rows: Record<string, unknown>[]) => {
    for (const { date, total } of rows) won.set(String(date), (won.get(String(date)) ?? 0n) + toBigInt(total));
  };
  add(
    await knex('settle_video_settlement')
      .whereBetween('business_date', [from, to])
      .where({ is_current: 1 })
      .groupBy('business_date')
      .select('business_date as date')
      .sum({ total: 'total' }),
  );
  add(
    await knex('settle_settlement_adjustment')
      .whereBetween('booked_date', [from, to])
      .groupBy('booked_date')
      .select('booked_date as date')
      .sum({ total: 'total' }),
  );
  return won;
}

async function readCards(
  { knex }: Database,
  { from, to }: { readonly from: string; readonly to: string },
): Promise<Map<string, string[]>> {
  const names = new Map((await listRateCards(knex)).map(({ cardNo, card }) => [cardNo, card.name]));
  const rows: Record<string, unknown>[] = await knex('settle_video_settlement')
    .whereBetween('business_date', [from, to])
    .where({ is_current: 1 })
    .distinct('business_date', 'card_no');
  const byDate = Map.groupBy(rows, (row) => String(row.business_date));
  return new Map(
    [...byDate].map(([date, own]) => [
      date,
      own
        .map((row) => toNumber(row.card_no))
        .sort((a, b) => a - b)
        .map((cardNo) => names.get(cardNo) ?? `card ${cardNo}`),
    ]),
  );
}

/** Rounded towards zero. */
function percent(now: bigint, before: bigint): number {
  return Number(((now - before) * 100n) / before);
}
