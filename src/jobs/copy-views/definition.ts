/**
 * The job `copy-views`: an amount for each view, row in, row out. The plainest partitioned job there is, for those who
 * write one of their own (docs/writing-a-job.md), and what `settle bench` compares with other programs' copy jobs.
 */
import { toBigInt } from '../../database/values.ts';
import type { JobDefinition } from '../../engine/job.ts';
import type { ParameterDefinition } from '../../engine/parameters.ts';
import type { PartitionedStep, PlannedPartition } from '../../engine/step.ts';
import { workerModule } from '../../partition/worker-module.ts';

const CHUNK_ROWS = 20_000;
/** Rows that are worth a worker of their own. */
const PARTITION_ROWS_MIN = 100_000n;

const idParameter = (name: string, description: string): ParameterDefinition => ({
  name,
  type: 'long',
  identifying: true,
  required: false,
  description,
});

export const copyViewsStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'copy-views',
  chunkSize: CHUNK_ROWS,
  workerModule: workerModule('copy-worker', import.meta.url),
  maxYoungGenerationSizeMb: 32,
  stealing: { rowsMin: Number(PARTITION_ROWS_MIN) },
  async plan({ database, parameters, options }, partitionCount) {
    const views = database.knex('view_log').min({ first: 'id' }).max({ last: 'id' });
    const [from, to] = [parameters.get('from-id'), parameters.get('to-id')];
    if (from !== undefined) views.where('id', '>=', from);
    if (to !== undefined) views.where('id', '<=', to);
    const { first, last } = (await views.first()) ?? {};
    if (first == null || last == null) return { partitions: [], detail: null };
    return {
      partitions: cut(toBigInt(first), toBigInt(last), BigInt(partitionCount ?? options.workers)),
      detail: null,
    };
  },
};

/** Ranges of ids of nearly equal width: where they hold unequal numbers of rows, idle workers take over a part. */
function cut(first: bigint, last: bigint, countMax: bigint): PlannedPartition[] {
  const width = last - first + 1n;
  const useful = (width + PARTITION_ROWS_MIN - 1n) / PARTITION_ROWS_MIN;
  const count = useful < countMax ? useful : countMax;
  return Array.from({ length: Number(count) }, (_, index) => {
    const minId = first + (width * BigInt(index)) / count;
    const maxId = first + (width * BigInt(index + 1)) / count - 1n;
    return { minId, maxId, rowsExpected: Number(maxId - minId + 1n) };
  });
}

export const copyViewsJob: JobDefinition = {
  name: 'copy-views',
  description: 'an amount for each view: the plainest job that reads, processes and writes row by row',
  parameters: [
    idParameter('from-id', 'first view to copy; default the first there is'),
    idParameter('to-id', 'last view to copy; default the last there is when the run is planned'),
  ],
  steps: [copyViewsStep],
};
