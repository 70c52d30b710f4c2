/**
 * The last dates: one that was missed, that has the zone of no other, or whose rows came after its run. Each look into
 * the log is bounded as that of a plain start is; the log is asked for few dates only.
 */

import { type DomainCheck, type Finding, pass, warn } from '../../../doctor/check.ts';
import { addDays, businessDateOf, defaultZone, isSameZone } from '../../../rules/business-time.ts';
import { endOfDate } from '../../due-date.ts';
import { countArrivedRows } from '../../views/statistics/arrived-rows.ts';
import { likelyZone } from '../../views/statistics/likely-zone.ts';
import {
  listStatisticsRuns,
  readFirstDate,
  readNewestZone,
  type StatisticsRun,
} from '../../views/statistics/statistics-run.ts';

const DAYS = 14;
/** Newest first: rows come late, not weeks late. */
const DATES_COUNTED_MAX = 3;

export const datesCheck: DomainCheck = {
  name: 'dates',
  before: 'unfinished runs',
  needsSchema: true,
  async run({ database, now }) {
    const first = await readFirstDate(database.knex);
    if (first === undefined) return pass('no date is settled yet');
    const zone = (await readNewestZone(database.knex)) ?? defaultZone;
    const to = addDays(businessDateOf(now(), zone), -1);
    const back = addDays(to, 1 - DAYS);
    const from = first > back ? first : back;
    if (from > to) return pass('no date is due yet');
    const runs = await listStatisticsRuns(database.knex, { from, to });
    const findings = [...missedDates(runs, { from, to }, zone), ...oddZones(runs)];
    for (const run of runs.toReversed().slice(0, DATES_COUNTED_MAX)) {
      if (endOfDate(run.date, run.zone) > run.computedAt.getTime()) {
        const again = `settle --date ${run.date} --zone ${run.zone}`;
        findings.push(warn(`${run.date} was settled before its end`, `\`${again}\` computes it again`));
        continue;
      }
      const arrived = await countArrivedRows(database, run);
      if (arrived === 0) continue;
      const rows = arrived === 1 ? '1 row' : `${arrived} rows`;
      findings.push(
        warn(
          `${rows} of ${run.date} arrived since execution ${run.jobExecutionId}`,
          `\`settle run daily --date ${run.date} --zone ${run.zone} --rerun\` counts them`,
        ),
      );
    }
    return findings.length > 0 ? findings : pass(`every date from ${from} to ${to} is settled`);
  },
};

function missedDates(
  runs: readonly StatisticsRun[],
  { from, to }: { readonly from: string; readonly to: string },
  zone: string,
): Finding[] {
  const settled = new Set(runs.map(({ date }) => date));
  const findings: Finding[] = [];
  for (let date = from; date <= to; date = addDays(date, 1)) {
    if (settled.has(date)) continue;
    const command = `settle --date ${date} --zone ${likelyZone(runs, date) ?? zone}`;
    findings.push(warn(`${date} was not settled`, `\`${command}\` settles it`));
  }
  return findings;
}

/** Dates of another zone than most: where the two meet, hours are counted twice or never. */
function oddZones(runs: readonly StatisticsRun[]): Finding[] {
  const byZone = Map.groupBy(runs, ({ zone }) => zone);
  const [usual] = [...byZone].toSorted((a, b) => b[1].length - a[1].length);
  if (usual === undefined) return [];
  return runs
    .filter(({ zone }) => !isSameZone(zone, usual[0]))
    .map(({ date, zone }) =>
      warn(
        `${date} was settled in ${zone}, its neighbours in ${usual[0]}`,
        `\`settle run daily --date ${date} --zone ${usual[0]} -p zone-change=allow --rerun\` settles it as they are`,
      ),
    );
}
