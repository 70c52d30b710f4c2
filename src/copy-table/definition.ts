/**
 * The job `copy-table`: the rows of one table, from any database to any other. The target is the database of the run: how
 * far each partition has come commits there, together with its rows.
 */
import type { Database } from '../database/database.ts';
import { readSnapshot } from '../database/snapshot.ts';
import { toNumber } from '../database/values.ts';
import type { JobDefinition } from '../engine/job.ts';
import type { ParameterDefinition } from '../engine/parameters.ts';
import type { PartitionPlan } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import { ExitCode, SettleError, usageError } from '../errors.ts';
import { workerModule } from '../partition/worker-module.ts';
import { listPartitions } from '../repository/partition.ts';
import { type CopyPlan, type CopyRequest, planCopy } from './copy-plan.ts';
import type { CopyShare } from './copy-worker.ts';

export const copyStep = 'copy-rows';
/** Key in the job's context: the CopyPlan, as JSON. */
const PLAN = 'copy.plan';
/** Rows of one transaction. */
const CHUNK_ROWS = 10_000;
const PARTITIONS_PER_WORKER = 4;
/** A range with fewer rows is not worth a partition of its own. */
const PARTITION_ROWS_MIN = 20_000;

const text = (name: string, description: string): ParameterDefinition => {
  return { name, type: 'string', identifying: true, required: false, description };
};

export interface CopyOptions {
  /** One partition, read in one transaction: rows of one moment. */
  readonly isSnapshot: boolean;
}

export function copyTableJob(source: Database, request: CopyRequest, { isSnapshot }: CopyOptions): JobDefinition {
  const share: CopyShare = { sourceUrl: source.url, request };
  return {
    name: 'copy-table',
    description: 'the rows of a table of another database',
    parameters: [
      text('from', 'database of the source, without its password'),
      text('table', 'table of the source'),
      text('into', 'table of the target'),
      text('map', 'columns by other names'),
      text('where', 'condition that the rows meet'),
    ],
    countedStep: copyStep,
    steps: [
      {
        kind: 'tasklet',
        name: 'prepare-target',
        run: (context) => prepareTarget(source, { ...request, isSnapshot }, context),
      },
      {
        kind: 'partitioned',
        name: copyStep,
        chunkSize: CHUNK_ROWS,
        // Rows of SQLite are objects.
        maxYoungGenerationSizeMb: 32,
        plan: planRanges,
        share: async () => share,
        workerModule: workerModule('copy-worker', import.meta.url),
      },
      { kind: 'tasklet', name: 'count-rows', run: (context) => countRows(request, context) },
    ],
  };
}

/** What identifies a copy: the same arguments are the same instance, which a start goes on with. */
export function copyParameters(source: Database, { table, into, map, where }: CopyRequest): Record<string, string> {
  const pairs = Object.entries(map).map(([from, to]) => `${from}=${to}`);
  return {
    from: source.displayUrl,
    table,
    into,
    ...(pairs.length === 0 ? {} : { map: pairs.sort().join(',') }),
    ...(where === undefined ? {} : { where }),
  };
}

async function prepareTarget(
  source: Database,
  request: CopyRequest & CopyOptions,
  context: StepContext,
): Promise<undefined> {
  const { database, jobContext, logger } = context;
  const plan = await readSnapshot(source, (snapshot) => planCopy(source, snapshot, database, request));
  if (plan.createSql !== undefined) {
    await database.knex.raw(plan.createSql);
    logger.info({ table: request.into, columns: plan.columns.length }, 'table made');
  }
  // Rows that are there already are nobody's whom this copy knows: they could not be told from its own.
  const there = await database.knex(request.into).first(database.knex.raw('1 AS one'));
  if (there !== undefined) {
    throw usageError(
      `table ${request.into} of the target holds rows already`,
      'empty it, or copy into another one by --into NAME',
    );
  }
  jobContext.put(PLAN, JSON.stringify({ ...plan, createSql: undefined }));
  return undefined;
}

/** Of a run that has prepared its target. */
export function readCopyPlan(jobContext: StepContext['jobContext']): CopyPlan {
  return JSON.parse(String(jobContext.get(PLAN))) as CopyPlan;
}

async function planRanges({ jobContext, options }: StepContext, count: number | undefined): Promise<PartitionPlan> {
  const plan = readCopyPlan(jobContext);
  if (plan.rows === 0) return { partitions: [], detail: plan };
  if (plan.range === undefined)
    return { partitions: [{ minId: 0n, maxId: 0n, rowsExpected: plan.rows }], detail: plan };
  const [first, last] = [BigInt(plan.range[0]), BigInt(plan.range[1])];
  const keys = last - first + 1n;
  const worth = Math.max(
    1,
    Math.min(options.workers * PARTITIONS_PER_WORKER, Math.floor(plan.rows / PARTITION_ROWS_MIN)),
  );
  const wanted = BigInt(count ?? worth);
  const parts = wanted < keys ? wanted : keys;
  const partitions = Array.from({ length: Number(parts) }, (_none, index) => ({
    minId: first + (keys * BigInt(index)) / parts,
    maxId: first + (keys * BigInt(index + 1)) / parts - 1n,
    rowsExpected: Math.ceil(plan.rows / Number(parts)),
  }));
  return { partitions, detail: plan };
}

/** @throws SettleError COPY_COUNT (exit 20) when the target has other rows than were written */
async function countRows({ into }: CopyRequest, { database, jobInstanceId }: StepContext) {
  const partitions = await listPartitions(database, jobInstanceId, copyStep);
  const written = partitions.reduce((sum, { counts }) => sum + counts.writeCount, 0);
  const [row] = (await database.knex(into).count({ rows: '*' })) as { rows: unknown }[];
  const found = toNumber(row.rows);
  if (found !== written) {
    const problem = `table ${into} of the target has ${found} rows, and ${written} were written`;
    throw new SettleError('COPY_COUNT', ExitCode.invariantBroken, problem, {
      hint: 'somebody else writes to it, or deletes from it',
    });
  }
  return { readCount: found };
}
