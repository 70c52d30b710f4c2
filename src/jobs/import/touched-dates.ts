/** The dates that an import wrote rows of, with those that are settled or closed already: these want a command. */
import type { Database } from '../../database/database.ts';
import { readClosedDates } from '../daily/read-dates.ts';
import { listStatisticsRuns } from '../views/statistics/statistics-run.ts';
import type { WrittenRows } from './written-rows.ts';

export interface TouchedDate {
  readonly date: string;
  /** Rows written. */
  readonly rows: number;
  readonly state: 'not settled' | 'settled' | 'closed';
  /** Makes the rows count: of a closed date, as an adjustment in the next open one. Undefined: the date's own run does. */
  readonly next: string | undefined;
}

/** In order of date, as things are now. */
export async function readTouchedDates(database: Database, { dates }: WrittenRows): Promise<TouchedDate[]> {
  const sorted = [...dates].sort(([a], [b]) => (a < b ? -1 : 1));
  const [from, to] = [sorted.at(0)?.[0], sorted.at(-1)?.[0]];
  if (from === undefined || to === undefined) return [];
  const runs = new Map((await listStatisticsRuns(database.knex, { from, to })).map((run) => [run.date, run]));
  const closed = await readClosedDates(database, { from, to });
  return sorted.map(([date, rows]) => {
    const run = runs.get(date);
    if (run === undefined && !closed.has(date)) return { date, rows, state: 'not settled', next: undefined };
    const zone = run === undefined ? '' : ` --zone ${run.zone}`;
    const state = closed.has(date) ? 'closed' : 'settled';
    return { date, rows, state, next: `settle run daily --date ${date}${zone} --rerun` };
  });
}
