/**
 * The worker of the toy job: "reads" the ids of its range and writes each into toy_output, in the chunk transaction.
 * What it is told to do wrong comes with `shared`, so that a restart can do it right.
 */
import type { PartitionContext, PartitionWorker } from '../../../src/engine/step.ts';
import { SettleError } from '../../../src/errors.ts';

export interface ToyShared {
  /** What to do wrong, and at which id. */
  readonly failure?: {
    readonly atId: number;
    readonly kind: 'throw-in-read' | 'throw-in-write' | 'throw-in-finish' | 'throw-late' | 'exit' | 'outdated';
  };
  /** Each chunk notes itself in the table toy_commit (nemesis/commits.ts), in its transaction. */
  readonly notesCommits?: boolean;
  /** Milliseconds that a chunk takes. */
  readonly delayMs?: number;
  /** Delays only chunks of ids up to this one; default all. */
  readonly slowToId?: number;
}

const openPartition: PartitionWorker = async (context: PartitionContext) => {
  const { failure, notesCommits, delayMs, slowToId = Number.POSITIVE_INFINITY } = (context.shared ?? {}) as ToyShared;
  let next = Number(context.executionContext.getLong('lastKey') ?? context.minId - 1n) + 1;
  const end = Number(context.maxId);
  const meets = (from: number, to: number, kind: string) =>
    failure?.kind === kind && failure.atId >= from && failure.atId <= to;

  return {
    async read(limit) {
      if (next > end) return undefined;
      const ids = Array.from({ length: Math.min(limit, end - next + 1) }, (_, index) => next + index);
      next += ids.length;
      const [first, last] = [ids[0], ids[ids.length - 1]];
      if (delayMs && first <= slowToId) await new Promise((resolve) => setTimeout(resolve, delayMs));
      if (meets(first, last, 'throw-in-read')) throw new TypeError(`id ${failure?.atId} cannot be read`);
      if (meets(first, last, 'exit')) process.exit(7);
      if (meets(first, last, 'throw-late')) {
        setTimeout(() => {
          throw new RangeError('thrown outside of any promise');
        });
        await new Promise(() => {});
      }
      if (meets(first, last, 'outdated')) throw new SettleError('PLAN_OUTDATED', 1, 'rows have appeared');
      return { size: ids.length, ids };
    },
    process(chunk) {
      const { ids } = chunk as unknown as { ids: number[] };
      return { output: ids, writeCount: ids.length, filterCount: 0, processSkipCount: 0 };
    },
    async write(output, tx) {
      const ids = output as number[];
      await tx('toy_output').insert(ids.map((id) => ({ id })));
      if (notesCommits) {
        const { partition, stepExecutionId } = context;
        const chunk = { from_id: ids[0], to_id: ids[ids.length - 1] };
        await tx('toy_commit').insert({ partition_no: partition, step_execution_id: stepExecutionId, ...chunk });
      }
      if (meets(ids[0], ids[ids.length - 1], 'throw-in-write')) throw new SettleError('TOY', 20, 'the toy is broken');
    },
    saveState(executionContext) {
      executionContext.put('lastKey', BigInt(next - 1));
    },
    async finish() {
      if (meets(Number(context.minId), end, 'throw-in-finish')) throw new Error('cannot finish');
      context.logger.info({ toy: true }, 'partition is finished');
      return undefined;
    },
    cut() {
      const left = end - next + 1;
      return left < 2 ? undefined : { minId: BigInt(next + Math.ceil(left / 2)), share: Math.floor(left / 2) / left };
    },
    async close() {},
  };
};
export default openPartition;
