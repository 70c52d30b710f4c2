/**
 * Step `seed-views`: generates the rows in worker threads. The keys of its ranges are row numbers, not ids: ids begin
 * after the largest one in the log when the step was planned, which is frozen with the plan.
 */

import { idSpan } from '../../../../seeds/generate.ts';
import { toBigInt } from '../../../database/values.ts';
import type { PartitionedStep, PlannedPartition } from '../../../engine/step.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { workerModule } from '../../../partition/worker-module.ts';
import { requireOwnLog } from '../log/open-log.ts';
import { viewLogOptions } from './seed-parameters.ts';

/** Some 3 MB of SQL: large enough to make the commit cheap, small enough to lose nothing when it is rolled back. */
const CHUNK_ROWS = 50_000;
/** Rows of a log that is not worth more than one worker. */
const PARTITION_ROWS_MIN = 100_000;
const PARTITIONS_PER_WORKER = 4;

/** `PartitionPlan.detail` of this step. */
export interface SeedPlanDetail {
  readonly firstId: number;
}

export const seedViewsStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'seed-views',
  chunkSize: CHUNK_ROWS,
  // TypeScript in a checkout, JavaScript in the published package.
  workerModule: workerModule('seed-views-worker', import.meta.url),
  async plan({ database, parameters, options }, partitionCount) {
    requireOwnLog();
    const log = viewLogOptions(parameters);
    const newest = await database.knex('view_log').max({ id: 'id' }).first();
    const firstId = newest?.id == null ? 1n : toBigInt(newest.id) + 1n;
    if (firstId + BigInt(idSpan(log)) > BigInt(Number.MAX_SAFE_INTEGER)) {
      throw new SettleError('IDS_EXHAUSTED', ExitCode.usage, 'view_log has ids too large to append a synthetic log', {
        hint: 'seed an empty database',
      });
    }
    const useful = Math.ceil(log.rows / PARTITION_ROWS_MIN);
    const partitions = Math.min(partitionCount ?? Math.min(options.workers * PARTITIONS_PER_WORKER, useful), log.rows);
    const detail: SeedPlanDetail = { firstId: Number(firstId) };
    return { partitions: cut(log.rows, partitions), detail };
  },
};

/** Rows 0 to rows - 1 in `count` ranges of nearly equal size. */
function cut(rows: number, count: number): PlannedPartition[] {
  return Array.from({ length: count }, (_, index) => {
    const first = Math.floor((rows * index) / count);
    const end = Math.floor((rows * (index + 1)) / count);
    return { minId: BigInt(first), maxId: BigInt(end - 1), rowsExpected: end - first };
  });
}
