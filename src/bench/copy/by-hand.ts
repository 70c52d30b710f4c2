/** The job of copy-views.ts written by hand, with a plan and a worker module of its own: what `defineJob` is measured by. */
import { toBigInt } from '../../database/values.ts';
import type { JobDefinition } from '../../engine/job.ts';
import type { ParameterDefinition } from '../../engine/parameters.ts';
import type { PartitionedStep, PlannedPartition } from '../../engine/step.ts';
import { main } from '../../main.ts';
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

const copyStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'copy-by-hand',
  chunkSize: CHUNK_ROWS,
  workerModule: workerModule('by-hand-worker', import.meta.url),
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

export const copyByHandJob: JobDefinition = {
  name: 'copy-by-hand',
  description: 'an amount for each view, by a step that is written by hand',
  parameters: [
    idParameter('from-id', 'first view to copy; default the first there is'),
    idParameter('to-id', 'last view to copy; default the last there is when the run is planned'),
  ],
  steps: [copyStep],
};

if (import.meta.main) await main(copyByHandJob);
