/** settle's own copy job, `copy-views`, as a user starts it. */
import type { CaseContext, Contender } from '../case.ts';
import { eventLoopFigure, MEASURE_ENVIRONMENT, parseSettleRun } from '../settle-run.ts';

/** What the job writes. */
export const COPY_TABLE = 'settle_view_amount';

export interface SettleCopyOptions {
  readonly workers: number;
  readonly rows: number;
  readonly lastId: bigint;
  /** Looks at what it wrote: why that is wrong, or undefined. */
  check(): Promise<string | undefined>;
}

export function settleCopy(context: CaseContext, { workers, rows, lastId, check }: SettleCopyOptions): Contender {
  return {
    name: `settle-${workers}`,
    label: `settle, ${workers} worker${workers === 1 ? '' : 's'}`,
    role: 'settle',
    async run() {
      // As the peers do: every attempt writes into an empty table.
      await context.database.knex(COPY_TABLE).truncate();
      const args = ['run', 'copy-views', '-p', `to-id=${lastId}`, '--workers', String(workers), '--rerun', '--json'];
      const { stdout, wallSeconds } = await context.runSettle(args, { env: MEASURE_ENVIRONMENT });
      const run = parseSettleRun(stdout);
      const wrong = run.rows === rows ? await check() : `copied ${run.rows} rows of ${rows}`;
      return {
        seconds: run.durationMs / 1000,
        wallSeconds,
        rows: run.rows,
        figures: eventLoopFigure(run),
        ...(wrong === undefined ? {} : { wrong }),
      };
    },
  };
}
