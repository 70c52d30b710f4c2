/** settle's own daily run, as a user starts it; what is compared with others is its statistics part. */
import type { Database } from '../../database/database.ts';
import type { AttemptResult, CaseContext, Contender } from '../case.ts';
import type { DataSpec } from '../data-spec.ts';
import { type DateTotals, statisticsTotals } from '../date-totals.ts';
import { eventLoopFigure, MEASURE_ENVIRONMENT, parseSettleRun, secondsUntil } from '../settle-run.ts';

export interface SettleDailyOptions {
  /** Where the log is: the case's main database, or one beside it. */
  readonly database: Database;
  readonly spec: DataSpec;
  /** Of all rows of the date. */
  readonly totals: DateTotals;
  readonly name: string;
  readonly label: string;
  readonly workers: number;
  readonly isSlow?: boolean;
  /** Forgets the map of the log first, as if the log had never been looked at. */
  readonly forgetsZones?: boolean;
}

/** The last step of what is compared: from here on the date's statistics are to be read. */
const LAST_STEP = 'publish-statistics';

export function settleDaily(context: CaseContext, options: SettleDailyOptions): Contender {
  const { database, spec, totals, name, label, workers, isSlow, forgetsZones } = options;
  const args = ['run', 'daily', '--date', spec.date, '--zone', spec.zone, '--workers', String(workers)];
  return {
    name,
    label,
    role: 'settle',
    isSlow,
    async prepare() {
      // A date that is already settled is left as it is: what is wanted is the map of the log, and a first revision.
      await context.runSettle(args, { database });
      return undefined;
    },
    async run() {
      if (forgetsZones) {
        await database.knex('settle_zone').delete();
        await database.knex('settle_zone_map').delete();
      }
      const { stdout, wallSeconds } = await context.runSettle([...args, '--rerun', '--json'], {
        database,
        env: MEASURE_ENVIRONMENT,
      });
      const run = parseSettleRun(stdout);
      const result: AttemptResult = {
        seconds: secondsUntil(run, LAST_STEP),
        wallSeconds,
        rows: run.verdicts.read,
        figures: { wholeRun: run.durationMs / 1000, ...eventLoopFigure(run) },
      };
      const wrong = await wrongIn(run.verdicts);
      return wrong === undefined ? result : { ...result, wrong };
    },
  };

  /** Every row of the date has its verdict, and the counted ones are in the statistics. */
  async function wrongIn(verdicts: Readonly<Record<string, number>>): Promise<string | undefined> {
    const ofDate = ['invalid', 'self', 'repeat', 'counted'].reduce((sum, verdict) => sum + (verdicts[verdict] ?? 0), 0);
    if (ofDate !== Number(totals.views)) return `gave ${ofDate} rows of the date a verdict, of ${totals.views}`;
    const { views } = await statisticsTotals(database, 'video_daily_stats', spec.date);
    if (Number(views) !== verdicts.counted) return `counted ${verdicts.counted} rows but published ${views}`;
    return undefined;
  }
}
