/**
 * The job `three-sums`: what the Spring Batch peer's expert job does, done by settle's engine: three columns summed by
 * video, without rules. It is part of the bench, not of the product.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import { toBigInt } from '../../database/values.ts';
import type { JobDefinition } from '../../engine/job.ts';
import type { PlannedPartition } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { dateParameter, zoneParameter } from '../../jobs/date-parameters.ts';
import { workerModule } from '../../partition/worker-module.ts';
import { SumsByVideo } from './sums-by-video.ts';
import { PARTS, sumsTarget } from './tables.ts';

const CHUNK_ROWS = 4_000_000;

export const threeSumsJob: JobDefinition = {
  name: 'three-sums',
  description: 'view counts of a date, without rules',
  parameters: [dateParameter('business date to sum'), zoneParameter('time zone whose midnight begins the date')],
  steps: [
    {
      kind: 'partitioned',
      name: 'sum',
      chunkSize: CHUNK_ROWS,
      async plan({ database, options }) {
        const span = await database.knex('view_log').min({ first: 'id' }).max({ last: 'id' }).first();
        if (span === undefined || span.first === null) return { partitions: [], detail: null };
        return { partitions: cut(toBigInt(span.first), toBigInt(span.last), options.workers), detail: null };
      },
      workerModule: workerModule('worker', import.meta.url),
    },
    { kind: 'tasklet', name: 'publish', run: publish },
  ],
};

/** One range a worker, of equal width. */
function cut(first: bigint, last: bigint, workers: number): PlannedPartition[] {
  const width = last - first + 1n;
  const count = BigInt(workers);
  return Array.from({ length: workers }, (_, i) => {
    const minId = first + (width * BigInt(i)) / count;
    const maxId = first + (width * BigInt(i + 1)) / count - 1n;
    return { minId, maxId, rowsExpected: Number(maxId - minId + 1n) };
  });
}

async function publish(context: StepContext): Promise<undefined> {
  const { database, parameters } = context;
  const date = parameters.require('date');
  const sums = new SumsByVideo();
  for (const { body } of await database.knex(PARTS).select('body')) sums.addEncoded(body);
  const rows = sums.sorted().map((sum) => [date, ...sum]);
  await context.transaction(async (tx) => {
    await tx(sumsTarget.table).where({ business_date: date }).delete();
    await bulkInsert(tx, database.dialect, sumsTarget, rows);
  });
}
