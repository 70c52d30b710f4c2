/**
 * Jobs in one file: `defineJob(name, parameters, steps)`. The types of the parameters reach the steps, and a partitioned
 * step needs no module of its own: the worker thread imports the job's module and finds the step there.
 */
import { fileURLToPath, pathToFileURL } from 'node:url';
import { getCallSites } from 'node:util';
import type { Database, Transaction } from '../database/database.ts';
import type { ChunkSize } from '../engine/chunk-size.ts';
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { FlowElement, JobDefinition } from '../engine/job.ts';
import type { PartitionContext, PartitionedStep, Step, StepReport, TaskletStep } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import { definitionsOf, type TypedParameters, type ValuesOf, valuesOf } from '../engine/typed-parameters.ts';
import type { ItemCall, ItemPolicies, ItemReader, ItemWriter } from '../steps/item-parts.ts';
import { type ItemStepParts, itemStep, openItems, replayItem } from '../steps/item-step.ts';
import { version } from '../version.ts';
import { madeBy } from './made-by.ts';
import type { Partitions } from './partitions.ts';
import { jobModules, jobsByName, partitionWorkers } from './registered.ts';

/** What the code of a step is given. `P` are the parameters' values, `V` is the partition's own. */
export interface StepScope<P, V = undefined> {
  readonly database: Database;
  readonly parameters: P;
  /** Of a partitioned step: its range, or its value. */
  readonly partition: V;
  readonly executionContext: ExecutionContext;
  readonly signal: AbortSignal;
}

type OwnOptions = Pick<Step, 'allowStartIfComplete' | 'startLimit' | 'transientRetry' | 'next' | 'listeners' | 'bind'>;

/** The reader and the writer belong to any kind of step. */
type AnyContext = StepContext | PartitionContext;

export interface StepOptions<P, I, O, V> extends ItemPolicies<I>, OwnOptions {
  /** Called at each start, also on restart and when a chunk is tried again. */
  read(scope: StepScope<P, V>): ItemReader<I, unknown> | Promise<ItemReader<I, unknown>>;
  /** Undefined or null filters the item. Default: items are written as they were read. */
  process?(item: I, call: ItemCall, scope: StepScope<P, V>): Promise<O | null | undefined> | O | null | undefined;
  /** A writer, or what is done with the items of a chunk in its transaction. */
  write(scope: StepScope<P, V>): ItemWriter<O, unknown> | ((items: readonly O[], tx: Transaction) => Promise<void>);
  /** Items a chunk. Default 1,000. */
  readonly chunkSize?: ChunkSize;
  /** Makes it a partitioned step, in worker threads. */
  readonly partitions?: Partitions<V>;
  /**
   * An idle worker takes over a part of a partition of which at least twice so many rows are left. For ranges of ids whose
   * reader can be cut (`tableReader`). Default: never.
   */
  readonly stealing?: PartitionedStep['stealing'];
  /** The item again, from the JSON of a skipped record. Default: JSON.parse; bigints are texts there. */
  fromPayload?(payload: string): I;
}

/** An element of a job whose parameters are `P`, until `defineJob` knows where the job lives. */
export interface JobElement<P> {
  build(job: JobPlace<P>): FlowElement;
}

export interface JobPlace<P> {
  readonly name: string;
  /** URL of the module that exports the job. */
  readonly module: string;
  valuesOf(context: Pick<StepContext, 'parameters'>): P;
}

/** A step over single items; with `partitions`, in worker threads. */
export function step<P, I, O = I, V = undefined>(name: string, options: StepOptions<P, I, O, V>): JobElement<P> {
  return {
    build(job) {
      const { partitions, fromPayload = JSON.parse as (payload: string) => I } = options;
      const moves = movesOf(job, options);
      const chunkSize = options.chunkSize ?? 1_000;
      if (partitions === undefined) return itemStep<I, O>({ ...options, ...moves, name, chunkSize, fromPayload });
      partitionWorkers.set(`${job.name}/${name}`, (context) => openItems<I, O, PartitionContext>(moves, context));
      const { allowStartIfComplete, startLimit, transientRetry, next, listeners, bind } = options;
      return {
        ...{
          kind: 'partitioned',
          name,
          chunkSize,
          allowStartIfComplete,
          startLimit,
          transientRetry,
          next,
          listeners,
          bind,
        },
        plan: (context, partitionCount) => partitions.plan(context, partitionCount),
        stealing: options.stealing,
        maxYoungGenerationSizeMb: 32,
        workerModule: workerModuleOf(job, name),
        replay: (record, context, tx) => replayItem<I, O, StepContext>(moves, fromPayload, record, context, tx),
      };
    },
  };
}

/** One piece of work, which a restart runs again from its start. */
export function task<P>(
  name: string,
  run: (
    scope: StepScope<P> & Pick<StepContext, 'transaction' | 'jobContext' | 'logger'>,
  ) => Promise<StepReport | undefined> | Promise<void>,
  options: Omit<TaskletStep, 'kind' | 'name' | 'run'> = {},
): JobElement<P> {
  return {
    build: (job) => ({
      ...options,
      kind: 'tasklet',
      name,
      run: async (context) => {
        const scope = { ...context, parameters: job.valuesOf(context), partition: undefined };
        const report = await run(scope);
        return report ?? undefined;
      },
    }),
  };
}

export interface JobOptions extends Pick<JobDefinition, 'listeners' | 'countedStep'> {
  readonly description?: string;
  /** `import.meta.url` of the module that exports the job. Default: the file that calls `defineJob`. */
  readonly module?: string;
}

/** The module that calls exports what is returned: worker threads look for it there. */
export function defineJob<const D extends TypedParameters>(
  name: string,
  parameters: D,
  steps: readonly (JobElement<ValuesOf<D>> | FlowElement)[],
  { module = callerModule(), description = name, ...more }: JobOptions = {},
): JobDefinition {
  const place: JobPlace<ValuesOf<D>> = {
    name,
    module,
    valuesOf: (context) => valuesOf(parameters, context.parameters),
  };
  const elements = steps.map((element) => ('build' in element ? element.build(place) : element));
  const own = { name, description, parameters: definitionsOf(parameters), steps: elements };
  const job: JobDefinition = Object.assign({ ...more, ...own }, { [madeBy]: version() });
  jobModules.set(job, module);
  jobsByName.set(name, job);
  return job;
}

function movesOf<P, I, O, V>(
  job: JobPlace<P>,
  options: StepOptions<P, I, O, V>,
): Pick<ItemStepParts<I, O, AnyContext>, 'reader' | 'processor' | 'writer'> & ItemPolicies<I> {
  const { read, write, process, partitions, skip, retry, noRollback, itemListeners, keyOf, payloadOf, itemName } =
    options;
  const { concurrency, timeoutMs, ratePerSecond } = options;
  const scopeOf = (context: AnyContext): StepScope<P, V> => ({
    database: context.database,
    parameters: job.valuesOf(context),
    partition: partitionOf(partitions, context),
    executionContext: context.executionContext,
    signal: context.signal,
  });
  return {
    ...{ skip, retry, noRollback, itemListeners, keyOf, payloadOf, itemName, concurrency, timeoutMs, ratePerSecond },
    reader: (context) => read(scopeOf(context)),
    processor:
      process === undefined
        ? undefined
        : (context) => {
            const scope = scopeOf(context);
            return { process: (item, call) => process(item, call, scope) };
          },
    writer: (context) => {
      const writer = write(scopeOf(context));
      return typeof writer === 'function' ? { write: writer } : writer;
    },
  };
}

/** A replay belongs to no partition: there the value is undefined. */
function partitionOf<V>(partitions: Partitions<V> | undefined, context: AnyContext): V {
  const isPartition = partitions !== undefined && 'partition' in context;
  return (isPartition ? partitions.valueOf(context, context.planDetail) : undefined) as V;
}

/** The URL tells the worker's module which step of which job it is. */
function workerModuleOf({ name, module }: Pick<JobPlace<unknown>, 'name' | 'module'>, step: string): URL {
  const url = new URL(`./job-worker${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  url.search = new URLSearchParams({ module, job: name, step }).toString();
  return url;
}

/** The first file on the stack that is not this one. */
function callerModule(): string {
  const own = fileURLToPath(import.meta.url);
  for (const { scriptName } of getCallSites()) {
    const path = scriptName.startsWith('file:') ? fileURLToPath(scriptName) : scriptName;
    if (path !== own && path !== '') return pathToFileURL(path).href;
  }
  return import.meta.url;
}
