/**
 * What a unit of the daily job's work takes, about, before a run of it has completed in a database: on two cores with
 * MariaDB beside it. docs/performance.md says how far off that was.
 */
import { toNumber } from '../../database/values.ts';
import type { JobCost, StepCost } from '../../engine/cost.ts';
import { ROWS } from '../../engine/cost.ts';
import { resolveStep } from '../views/statistics/resolve-plan.ts';
import { openViews, statisticsStep } from '../views/statistics/statistics-plan.ts';

const videos = 'videos';

function serial(by: string, unitUs: number, startMs = 20): StepCost {
  return { by, startMs, unitUs, unitCpuUs: unitUs / 2, workerGain: 0 };
}

export const dailyCost: JobCost = {
  count: async ({ knex }) => ({ [videos]: toNumber((await knex('video').count({ rows: '*' }))[0].rows) }),
  countedBy: { [videos]: 'publish-statistics', [openViews]: resolveStep },
  steps: {
    [statisticsStep]: { by: ROWS, startMs: 400, unitUs: 0.6, unitCpuUs: 0.3, workerGain: 0.8 },
    [resolveStep]: { ...serial(openViews, 1), workerGain: 0.8 },
    'publish-statistics': serial(videos, 6),
    'settle-videos': serial(videos, 40),
    'credit-creators': serial(videos, 2),
    'rank-videos': serial(videos, 4),
    'publish-popular': serial(videos, 0.1),
    'challenge-settlement': serial(ROWS, 0, 50),
    'coupon-allocation': serial(ROWS, 0, 30),
    'stock-settlement': serial(ROWS, 0, 30),
    'reconcile-payments': serial(ROWS, 0, 5),
    'balance-payments': serial(ROWS, 0, 5),
  },
  memoryMb: (units, workers) => 120 + workers * 60 + (units[videos] * (60 + 30 * workers)) / 1e6,
};
