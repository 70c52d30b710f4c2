/** What a run tells of its comparisons with Redis: counts in the job's context, and their lines. Pure. */
import type { ExecutionDescription } from '../engine/describe-execution.ts';
import type { ContextValue } from '../engine/execution-context.ts';
import type { ParameterDefinition } from '../engine/parameters.ts';

/** Keys of the job's context; each holds a `ComparisonCounts`. */
export const PROMISES_COMPARED = 'redis.coupons';
export const COUNTERS_COMPARED = 'redis.stock';

/** Name -> count; `problem` instead of some of them: why the comparison did not reach its end. */
export type ComparisonCounts = Readonly<Record<string, number | string>>;

const REPAIR = 'repair';

/** Of the jobs that compare with Redis. */
export const repairParameter: ParameterDefinition = {
  name: REPAIR,
  type: 'string',
  identifying: false,
  required: false,
  description: "'redis' sets issued sets and stock counters right in Redis where they differ from what is settled",
  validate: (text) => (text === 'redis' ? undefined : "must be 'redis'"),
};

export function wantsRepair(parameters: { get(name: string): string | undefined }): boolean {
  return parameters.get(REPAIR) !== undefined;
}

/** Empty for a run that compared nothing. */
export function describeComparisons(execution: {
  readonly id: number;
  readonly context: Readonly<Record<string, ContextValue>>;
}): ExecutionDescription {
  const { id, context } = execution;
  const [coupons, stock] = [countsOf(context[PROMISES_COMPARED]), countsOf(context[COUNTERS_COMPARED])];
  const lines = [...linesOf('coupons', coupons), ...linesOf('stock', stock)];
  if (lines.length === 0) return {};
  if (isDifferent(coupons) || isDifferent(stock)) lines.push(`\`settle differences ${id}\` lists them`);
  return {
    fields: { redis: { ...(coupons && { coupons }), ...(stock && { stock }) } },
    blocks: [{ title: 'compared with Redis', lines }],
    contextKeys: [PROMISES_COMPARED, COUNTERS_COMPARED],
  };
}

function linesOf(what: string, counts: ComparisonCounts | undefined): string[] {
  if (counts === undefined) return [];
  const { problem, ...rest } = counts;
  const said = Object.entries(rest).flatMap(([name, count]) =>
    count === 0 && name !== 'compared' && name !== 'differing' ? [] : `${count} ${name}`,
  );
  if (problem !== undefined) said.push(`not all: ${problem}`);
  return [`${what}: ${said.join(', ')}`];
}

function isDifferent(counts: ComparisonCounts | undefined): boolean {
  return counts !== undefined && Number(counts.differing ?? 0) > 0;
}

function countsOf(value: ContextValue | undefined): ComparisonCounts | undefined {
  if (typeof value !== 'object') return undefined;
  const counts: Record<string, number | string> = {};
  for (const [name, one] of Object.entries(value)) {
    if (typeof one === 'number' || typeof one === 'string') counts[name] = one;
  }
  return counts;
}
