/** The execution context of a partition that nobody has worked on yet. */
import { ExecutionContext, serialiseContext } from '../engine/execution-context.ts';
import { MAX_ID } from './cut-partition.ts';

/** `minId` and `maxId` are where a Spring Batch partition keeps them. */
export function newPartitionContext({ minId, maxId }: { readonly minId: bigint; readonly maxId: bigint }): string {
  const context = ExecutionContext.create();
  context.put('minId', minId);
  context.put(MAX_ID, maxId);
  return serialiseContext(context);
}
