/** A partitioned job over the ids 1 to N that needs no source table, and helpers to look at what it did. */
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import type { PartitionedStep } from '../../../src/engine/step.ts';
import { installSchema } from '../install-schema.ts';
import type { ToyShared } from './toy-worker.ts';

export interface ToyOptions {
  readonly ids: number;
  readonly partitions: number;
  readonly chunkSize: number;
  readonly shared?: ToyShared;
  readonly step?: Partial<PartitionedStep>;
}

export function toyJob({ ids, partitions, chunkSize, shared, step }: ToyOptions): JobDefinition {
  return {
    name: 'toy',
    description: 'writes numbers',
    parameters: [{ name: 'date', type: 'date', identifying: true, required: true, description: 'any date' }],
    steps: [
      {
        kind: 'partitioned',
        name: 'numbers',
        chunkSize,
        workerModule: new URL('./toy-worker.ts', import.meta.url),
        plan: async (_context, partitionCount) => {
          const count = partitionCount ?? partitions;
          const edge = (index: number) => Math.round((ids * index) / count);
          return {
            partitions: Array.from({ length: count }, (_, index) => ({
              minId: BigInt(edge(index) + 1),
              maxId: BigInt(edge(index + 1)),
              rowsExpected: edge(index + 1) - edge(index),
            })),
            detail: { ids },
          };
        },
        share: async () => shared,
        discard: async (context) => {
          await context.transaction((tx) => tx('toy_output').delete());
        },
        ...step,
      },
    ],
  };
}

export const toyParameters = { date: '2024-01-01' };

/** Opened, migrated, with an empty toy_output, in which an id can turn up twice. */
export async function openToyDatabase(url: string): Promise<Database> {
  await installSchema(url, 'engine');
  const database = await openDatabase(url);
  await database.knex.schema.createTable('toy_output', (table) => table.bigInteger('id').notNullable());
  return database;
}

/** In ascending order. */
export async function toyOutput(database: Database): Promise<number[]> {
  const ids = await database.knex('toy_output').orderBy('id').pluck<(number | string)[]>('id');
  return ids.map(Number);
}

export function numbers(from: number, to: number): number[] {
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}
