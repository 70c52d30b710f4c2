/** Compares both tables of a copy, row by row, by digests that do not depend on order; names rows that differ. */

import type { ColumnBatch } from '../database/column-batch.ts';
import type { Database, Transaction } from '../database/database.ts';
import { readSnapshot } from '../database/snapshot.ts';
import { comparableOf, type Side } from './column-kind.ts';
import type { CopyPlan, CopyRequest } from './copy-plan.ts';
import { keyAt, kindsOf, newPage, PageReader, type PageSource } from './read-page.ts';
import { DigestSum, isSameDigest, joinDigests, noRows, type RowsDigest, rowText } from './row-digest.ts';
import { RowHasher } from './row-hash.ts';

const PAGE_ROWS = 5_000;
const BUCKETS = 256;
/** Buckets of a table that differ are read again, at most so many: enough to name some rows. */
const BUCKETS_AGAIN_MAX = 4;
const DIFFERENCES_MAX = 10;

export interface RowDifference {
  /** `column value` of the key. */
  readonly key: string;
  readonly what: 'differs' | 'is missing in the target' | 'is in the target alone';
}

export interface CopyComparison {
  readonly source: RowsDigest;
  readonly target: RowsDigest;
  /** The first few; empty where both are equal. */
  readonly different: readonly RowDifference[];
}

export async function compareTables(
  source: Database,
  target: Database,
  request: CopyRequest,
  plan: CopyPlan,
  signal: AbortSignal,
): Promise<CopyComparison> {
  const read = async (side: Side, take: (rows: ColumnBatch) => void) => {
    const database = side === 'from' ? source : target;
    await readSnapshot(database, (snapshot) =>
      readRows(pagesOf(database, snapshot, request, plan, side), plan, take, signal),
    );
  };
  const digests = async (side: Side): Promise<RowsDigest[]> => {
    const buckets = Array.from({ length: BUCKETS }, () => new DigestSum());
    const [hasher, keys] = [new RowHasher(kindsOf(plan)), keyHasher(plan)];
    await read(side, (rows) => {
      hasher.hash(rows);
      keys.hash(rows);
      for (let row = 0; row < rows.size; row++) buckets[bucketOf(keys, row)].add(hasher, row);
    });
    return buckets;
  };
  const [ours, theirs] = await Promise.all([digests('from'), digests('to')]);
  const again = ours
    .flatMap((digest, at) => (isSameDigest(digest, theirs[at]) ? [] : [at]))
    .slice(0, BUCKETS_AGAIN_MAX);
  const join = (all: readonly RowsDigest[]) => all.reduce(joinDigests, noRows);
  const different = again.length === 0 ? [] : await findDifferences(read, new Set(again), plan);
  return { source: join(ours), target: join(theirs), different };
}

async function findDifferences(
  read: (side: Side, take: (rows: ColumnBatch) => void) => Promise<void>,
  buckets: ReadonlySet<number>,
  plan: CopyPlan,
): Promise<RowDifference[]> {
  const kinds = kindsOf(plan);
  const keys = keyHasher(plan);
  const rowsOf = async (side: Side) => {
    const found = new Map<string, string>();
    await read(side, (rows) => {
      keys.hash(rows);
      for (let row = 0; row < rows.size; row++) {
        if (buckets.has(bucketOf(keys, row))) found.set(keyText(rows, row, plan), rowText(rows, row, kinds));
      }
    });
    return found;
  };
  const [ours, theirs] = [await rowsOf('from'), await rowsOf('to')];
  const found: RowDifference[] = [];
  for (const [key, text] of ours) {
    const other = theirs.get(key);
    if (other !== text) found.push({ key, what: other === undefined ? 'is missing in the target' : 'differs' });
  }
  for (const key of theirs.keys()) if (!ours.has(key)) found.push({ key, what: 'is in the target alone' });
  return found.slice(0, DIFFERENCES_MAX);
}

function pagesOf(database: Database, tx: Transaction, request: CopyRequest, plan: CopyPlan, side: Side): PageSource {
  const [table, where] = side === 'from' ? [request.table, request.where] : [request.into, undefined];
  return { database, tx, table, plan, side, where, range: undefined };
}

async function readRows(
  source: PageSource,
  { key }: CopyPlan,
  take: (rows: ColumnBatch) => void,
  signal: AbortSignal,
): Promise<void> {
  const reader = new PageReader(source, PAGE_ROWS);
  const page = newPage(source, PAGE_ROWS);
  let after: ReturnType<typeof keyAt> | undefined;
  for (let isAtEnd = false; !isAtEnd; ) {
    signal.throwIfAborted();
    isAtEnd = await reader.read(after, page);
    if (page.size === 0) return;
    take(page);
    after = keyAt(page, page.size - 1, key);
  }
}

function keyText(rows: ColumnBatch, row: number, { key, columns }: CopyPlan): string {
  const values = keyAt(rows, row, key);
  return key.map((at, n) => `${columns[at].from} ${comparableOf(values[n], columns[at].kind)}`).join(', ');
}

/** A row is in the same bucket on both sides. */
function keyHasher(plan: CopyPlan): RowHasher {
  return new RowHasher(kindsOf(plan), plan.key);
}

function bucketOf({ first }: RowHasher, row: number): number {
  return (first[row] >>> 0) % BUCKETS;
}
