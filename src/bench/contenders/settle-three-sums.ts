/** settle's engine doing what the peer's expert job does, no more: like for like. */
import { fileURLToPath } from 'node:url';
import { workerModule } from '../../partition/worker-module.ts';
import type { CaseContext, Contender } from '../case.ts';
import { type DateTotals, differenceOf, statisticsTotals } from '../date-totals.ts';
import { SUMS } from '../three-sums/tables.ts';

const WORKERS = 2;

export function settleThreeSums(context: CaseContext, totals: DateTotals): Contender {
  const { database, spec } = context;
  return {
    name: 'settle-three-sums',
    label: `settle, ${WORKERS} workers, three sums without rules`,
    role: 'settle',
    async run() {
      const program = fileURLToPath(workerModule('../three-sums/process', import.meta.url));
      const env = { SETTLE_DATABASE_URL: database.url };
      const args = ['--max-semi-space-size=4', program, String(WORKERS), spec.date, spec.zone];
      const { stdout, wallSeconds } = await context.runProcess(process.execPath, args, { env });
      const { seconds, rows } = JSON.parse(stdout);
      const wrong = differenceOf(await statisticsTotals(database, SUMS, spec.date), totals);
      return { seconds, wallSeconds, rows, ...(wrong === undefined ? {} : { wrong }) };
    },
  };
}
