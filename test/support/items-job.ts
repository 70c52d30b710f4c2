/**
 * A job that copies the items 1 to N into the table `output`, which takes an id twice, so that a test sees what was
 * written twice; and the bench that runs it. What goes wrong is said by the test.
 */
import type { Database, Transaction } from '../../src/database/database.ts';
import { openDatabase } from '../../src/database/open.ts';
import type { JobDefinition } from '../../src/engine/job.ts';
import type { ItemRetry, SkipPolicy } from '../../src/engine/skip-policy.ts';
import type { Step, TaskletStep } from '../../src/engine/step.ts';
import type { StepContext } from '../../src/engine/step-context.ts';
import { type ItemProcessor, itemStep } from '../../src/steps/item-step.ts';
import { type RunJobOptions, runJob } from '../../src/steps/run-job.ts';
import { type DatabaseKind, freshEngine } from './databases.ts';

export interface ItemOptions {
  /** Default 5. */
  readonly items?: number;
  /** Default 2. */
  readonly chunkSize?: number;
  /** Called for each item that is read; what it throws is the error of that read. */
  readonly onRead?: (item: number) => void;
  readonly process?: ItemProcessor<number, number>['process'];
  /** Called when the items were written, in their transaction. */
  readonly onWrite?: (items: readonly number[], tx: Transaction) => void | Promise<void>;
  readonly skip?: SkipPolicy;
  readonly retry?: ItemRetry;
  readonly step?: Partial<Step>;
}

export function itemsStep(options: ItemOptions = {}): Step {
  const { items = 5, chunkSize = 2, onRead, process, onWrite, skip, retry, step } = options;
  const chunks = itemStep<number>({
    name: 'copy',
    chunkSize,
    skip,
    retry,
    totalExpected: async () => items,
    reader: () => {
      let next = 1;
      return {
        open: (context) => {
          next = Number(context.getLong('lastKey') ?? 0n) + 1;
        },
        read: () => {
          if (next > items) return undefined;
          const item = next++;
          onRead?.(item);
          return item;
        },
        saveState: (context, last) => context.put('lastKey', BigInt(last)),
      };
    },
    processor: process === undefined ? undefined : () => ({ process }),
    writer: () => ({
      write: async (batch: readonly number[], tx: Transaction) => {
        await tx('output').insert(batch.map((id) => ({ id })));
        await onWrite?.(batch, tx);
      },
    }),
  });
  return { ...chunks, ...step } as Step;
}

export function tasklet(
  name: string,
  run: (context: StepContext) => ReturnType<TaskletStep['run']> = async () => undefined,
): TaskletStep {
  return { kind: 'tasklet', name, run };
}

export function itemsJob(...steps: JobDefinition['steps']): JobDefinition {
  return {
    name: 'items',
    description: 'copies items',
    parameters: [
      { name: 'date', type: 'date', identifying: true, required: true, description: 'any date' },
      { name: 'note', type: 'string', identifying: false, required: false, description: 'any text' },
    ],
    steps,
  };
}

export interface ItemsBench {
  readonly database: Database;
  readonly url: string;
  start(job: JobDefinition, options?: RunJobOptions, raw?: Readonly<Record<string, string>>): ReturnType<typeof runJob>;
  /** What was written, in ascending order. */
  output(): Promise<number[]>;
  drop(): Promise<void>;
}

/** A database of its own with the tables of the engine and `output`. */
export async function openItemsBench(kind: DatabaseKind): Promise<ItemsBench> {
  const place = await freshEngine(kind);
  const database = await openDatabase(place.url);
  await database.knex.schema.createTable('output', (table) => table.bigInteger('id').notNullable());
  return {
    database,
    url: place.url,
    start: (job, options = {}, raw = {}) => runJob(database, job, { date: '2024-01-01', ...raw }, options),
    output: async () => (await database.knex('output').orderBy('id').pluck('id')).map(Number),
    drop: async () => {
      await database.close();
      await place.drop();
    },
  };
}
