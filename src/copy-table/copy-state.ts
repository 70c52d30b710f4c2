/** Where a partition of a copy is, and what it has read: in its execution context, in the transaction of its rows. */
import type { ExecutionContext } from '../engine/execution-context.ts';
import type { Canonical } from './column-kind.ts';
import { DigestSum, type RowsDigest } from './row-digest.ts';

const LAST_KEY = 'lastKey';
const DIGEST = 'digest';

export interface CopyState {
  readonly after: readonly Canonical[] | undefined;
  /** Of all rows that the partition has read and written. */
  readonly digest: RowsDigest;
}

export function readState(context: ExecutionContext): CopyState {
  const [after, digest] = [context.get(LAST_KEY), context.get(DIGEST)];
  return {
    after: typeof after === 'string' ? (JSON.parse(after) as Canonical[]) : undefined,
    digest: new DigestSum(typeof digest === 'string' ? (JSON.parse(digest) as RowsDigest) : undefined),
  };
}

/** As texts, which another reader of the context can read. */
export function writeState(context: ExecutionContext, { after, digest }: CopyState): void {
  context.put(LAST_KEY, JSON.stringify(after));
  context.put(DIGEST, JSON.stringify(digest));
}
