/** settle's own copy of rows, as a user's program does it: on `defineJob`, and by hand. */
import { getCompileCacheDir } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { Database } from '../../database/database.ts';
import { workerModule } from '../../partition/worker-module.ts';
import type { CaseContext, Contender } from '../case.ts';
import { eventLoopFigure, MEASURE_ENVIRONMENT, parseSettleRun } from '../settle-run.ts';

/** What the jobs write, a table of the benchmark's own. */
export const COPY_TABLE = 'bench_view_amount';

export interface SettleCopyOptions {
  readonly workers: number;
  readonly rows: number;
  readonly lastId: bigint;
  /** The job's module in src/bench/copy. */
  readonly program: 'copy-views' | 'by-hand';
  /** Looks at what it wrote: why that is wrong, or undefined. */
  check(): Promise<string | undefined>;
}

export function settleCopy(context: CaseContext, options: SettleCopyOptions): Contender {
  const { workers, rows, lastId, program, check } = options;
  const how = program === 'by-hand' ? ', written by hand' : '';
  return {
    name: `settle-${workers}${program === 'by-hand' ? '-by-hand' : ''}`,
    label: `settle, ${workers} worker${workers === 1 ? '' : 's'}${how}`,
    role: 'settle',
    async run() {
      // As the peers do: every attempt writes into an empty table.
      await context.database.knex.schema.dropTableIfExists(COPY_TABLE);
      await makeCopyTable(context.database);
      const module = fileURLToPath(workerModule(`../copy/${program}`, import.meta.url));
      const args = ['-p', `to-id=${lastId}`, '--workers', String(workers), '--rerun', '--json'];
      const { stdout, wallSeconds } = await context.runProcess(process.execPath, [module, ...args], {
        label: program,
        // As bin/settle.js does: what is compiled is kept between starts, for the threads too.
        env: {
          SETTLE_LOG: 'warn',
          NODE_COMPILE_CACHE: getCompileCacheDir(),
          SETTLE_DATABASE_URL: context.database.url,
          ...MEASURE_ENVIRONMENT,
        },
      });
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

export async function makeCopyTable({ knex }: Database): Promise<void> {
  await knex.schema.createTable(COPY_TABLE, (table) => {
    table.bigInteger('id').notNullable().primary();
    table.bigInteger('video_id').notNullable();
    table.bigInteger('amount').notNullable();
  });
}
