/** How a step is cut into partitions: by ranges of ids, by a list, by what a query returns. */
import type { JobParameters } from '../engine/parameters.ts';
import type { PartitionPlan } from '../engine/step.ts';
import type { StepContext } from '../engine/step-context.ts';
import { usageError } from '../errors.ts';

/** Partitions a worker, so that one that is slow does not hold up the end. */
const PARTITIONS_PER_WORKER = 4;

/** `V` is what the code of one partition is given as `partition`. */
export interface Partitions<V> {
  plan(context: StepContext, partitionCount: number | undefined): Promise<PartitionPlan>;
  /** Of a partition by what was frozen with the plan. */
  valueOf(partition: { readonly minId: bigint; readonly maxId: bigint }, detail: unknown): V;
}

export interface IdRange {
  /** Inclusive. */
  readonly from: bigint;
  /** Inclusive. */
  readonly to: bigint;
}

export interface IdRangesOptions {
  readonly table: string;
  /** A unique integer column with an index. */
  readonly key: string;
  /** Of the ids that are there only these, inclusive. */
  readonly within?: (parameters: JobParameters) => { readonly from?: bigint; readonly to?: bigint };
  /** Fewer ids are not worth a partition of their own. Default 1. */
  readonly idsMin?: bigint;
}

/**
 * So many ids are counted, for the progress display. In a larger range each id is taken for a row: a count would read the
 * table once more.
 */
const COUNTED_IDS_MAX = 1_000_000n;

/** Ranges of as many ids each, between the least and the greatest id that are there when the plan is made. */
export function idRanges({ table, key, within, idsMin = 1n }: IdRangesOptions): Partitions<IdRange> {
  return {
    async plan({ database, options, parameters }, partitionCount) {
      const { from, to } = within?.(parameters) ?? {};
      const asked = () => {
        const rows = database.knex(table);
        if (from !== undefined) rows.where(key, '>=', String(from));
        if (to !== undefined) rows.where(key, '<=', String(to));
        return rows;
      };
      const [ends] = await asked().min({ first: key }).max({ last: key });
      if (ends.first === null) return { partitions: [], detail: null };
      const [first, last] = [BigInt(ends.first), BigInt(ends.last)];
      const ids = last - first + 1n;
      const rows = ids > COUNTED_IDS_MAX ? Number(ids) : Number((await asked().count({ rows: '*' }))[0].rows);
      const wanted = BigInt(partitionCount ?? options.workers * PARTITIONS_PER_WORKER);
      const useful = (ids + idsMin - 1n) / idsMin;
      const count = wanted < useful ? wanted : useful;
      const partitions = Array.from({ length: Number(count) }, (_none, index) => ({
        minId: first + (ids * BigInt(index)) / count,
        maxId: first + (ids * BigInt(index + 1)) / count - 1n,
        rowsExpected: Math.ceil(rows / Number(count)),
      }));
      return { partitions, detail: null };
    },
    valueOf: ({ minId, maxId }) => ({ from: minId, to: maxId }),
  };
}

/**
 * A partition for each value: files, tenants, text keys. The values are frozen with the plan.
 * @param values at most 100,000, which JSON can hold; a function is asked when the plan is made
 */
export function listOf<V extends string | number>(
  values: readonly V[] | ((context: StepContext) => Promise<readonly V[]> | readonly V[]),
): Partitions<V> {
  return {
    async plan(context) {
      const list = typeof values === 'function' ? await values(context) : values;
      requireFew(list.length, context.stepName);
      const partitions = list.map((_value, index) => ({ minId: BigInt(index), maxId: BigInt(index), rowsExpected: 1 }));
      return { partitions, detail: list };
    },
    valueOf: ({ minId }, detail) => (detail as readonly V[])[Number(minId)],
  };
}

/** A partition for each value in the first column of a query, in the order of the query. */
export function queryOf(sql: string, bindings: readonly (string | number)[] = []): Partitions<string> {
  return listOf(async ({ database }) => {
    const answer = await database.knex.raw(sql, bindings);
    // mysql2 answers with rows and columns, SQLite with rows.
    const rows: readonly Record<string, unknown>[] = Array.isArray(answer[0]) ? answer[0] : answer;
    return rows.map((row) => String(Object.values(row)[0]));
  });
}

const PARTITIONS_MAX = 100_000;

function requireFew(count: number, stepName: string): void {
  if (count <= PARTITIONS_MAX) return;
  throw usageError(`step ${stepName} would have ${count} partitions; at most ${PARTITIONS_MAX} are kept`);
}
