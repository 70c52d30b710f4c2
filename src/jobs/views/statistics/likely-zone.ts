/**
 * The zone in which a date without a run is to be settled: that of the nearest date that was. Next to a date of another
 * zone, hours would be counted twice or never.
 */
import type { Executor } from '../../../database/database.ts';

interface ZonedDate {
  readonly date: string;
  readonly zone: string;
}

/**
 * The earlier one of two as near; undefined without any run. Pure.
 * @param runs in order of their dates
 */
export function likelyZone(runs: readonly ZonedDate[], date: string): string | undefined {
  const distance = (run: ZonedDate) => Math.abs(Date.parse(run.date) - Date.parse(date));
  let nearest: ZonedDate | undefined;
  for (const run of runs) {
    if (nearest === undefined || distance(run) < distance(nearest)) nearest = run;
  }
  return nearest?.zone;
}

/** Undefined where nothing was settled. */
export async function zoneNear(executor: Executor, date: string): Promise<string | undefined> {
  const runs = () => executor('settle_statistics_run').select({ date: 'business_date', zone: 'zone' }).limit(1);
  const near = [
    ...(await runs().where('business_date', '<=', date).orderBy('business_date', 'desc')),
    ...(await runs().where('business_date', '>', date).orderBy('business_date')),
  ];
  return likelyZone(
    near.map((row) => ({ date: String(row.date), zone: String(row.zone) })),
    date,
  );
}

/**
 * ` --zone Z`, to be put behind a command that is printed for the date; empty where nothing was settled: the settings of
 * whoever follows it decide then.
 */
export async function zoneFlag(executor: Executor, date: string): Promise<string> {
  const zone = await zoneNear(executor, date);
  return zone === undefined ? '' : ` --zone ${zone}`;
}
