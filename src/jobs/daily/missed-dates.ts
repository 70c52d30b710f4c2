/** Which dates a catch-up settles: those that are not complete, from the oldest on. */
import type { Database } from '../../database/database.ts';
import { usageError } from '../../errors.ts';
import { addDays, businessDateOf } from '../../rules/business-time.ts';
import { type DateState, readDates } from './read-dates.ts';

/** Nothing is to be done about the others: an abandoned one was given up by a person. */
const OPEN: readonly DateState[] = [
  'missing',
  'running',
  'no heartbeat',
  'failed',
  'stopped',
  'settled before its end',
];
/** A date, and the zone that it is settled in; undefined: that of the command. */
export interface DueDate {
  readonly date: string;
  readonly zone?: string;
}

/** Dates that one command takes. */
export const DATES_MAX = 3_660;

/** The last date that is over in the zone. */
export function lastDateOver(zone: string, now: Date): string {
  return addDays(businessDateOf(now.getTime(), zone), -1);
}

/** From the first to the last, both inside. @throws SettleError (exit 2) for a span that is empty or too long */
export function datesOfSpan(from: string, to: string): string[] {
  if (from > to) throw usageError(`--from ${from} is after --to ${to}`);
  if (addDays(from, DATES_MAX) <= to) throw usageError(`more than ${DATES_MAX} dates`, 'name a shorter span');
  const dates: string[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) dates.push(date);
  return dates;
}

/**
 * Those of the span that are not complete, in order; and those that were given up, which stay as they are.
 * @param period `from` undefined: the oldest date that was ever settled or tried
 * @throws SettleError (exit 2) when no date was
 */
export async function findMissedDates(
  database: Database,
  { from, to }: { readonly from: string | undefined; readonly to: string },
  now: Date,
  zone: string,
): Promise<{ readonly missed: DueDate[]; readonly abandoned: string[] }> {
  const first = from ?? (await oldestDate(database));
  if (first === undefined) {
    throw usageError('no date has been settled yet', 'name the first one: `settle backfill --from DATE --to DATE`');
  }
  if (first > to) return { missed: [], abandoned: [] };
  datesOfSpan(first, to);
  const lines = await readDates(database, { from: first, to }, now, zone);
  return {
    missed: lines.filter(({ state }) => OPEN.includes(state)).map(({ date, dueZone }) => ({ date, zone: dueZone })),
    abandoned: lines.filter(({ state }) => state === 'abandoned').map(({ date }) => date),
  };
}

async function oldestDate({ knex }: Database): Promise<string | undefined> {
  const settled = await knex('settle_statistics_run').min({ date: 'business_date' }).first();
  const tried = await knex('BATCH_JOB_EXECUTION_PARAMS as p')
    .join('BATCH_JOB_EXECUTION as e', 'e.JOB_EXECUTION_ID', 'p.JOB_EXECUTION_ID')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .where({ 'i.JOB_NAME': 'daily', 'p.PARAMETER_NAME': 'date' })
    .min({ date: 'p.PARAMETER_VALUE' })
    .first();
  const dates = [settled?.date, tried?.date].filter((date) => date !== null && date !== undefined).map(String);
  return dates.sort()[0];
}
