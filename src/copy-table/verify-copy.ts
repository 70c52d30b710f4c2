/** Compares both tables of a copy, row by row, by digests that do not depend on order; names rows that differ. */
import type { Database, Executor } from '../database/database.ts';
import { readSnapshot } from '../database/snapshot.ts';
import { type Canonical, type ColumnKind, comparableOf } from './column-kind.ts';
import type { CopyPlan, CopyRequest } from './copy-plan.ts';
import { type PageSource, readPage } from './read-page.ts';
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
  const read = async (side: Side, take: (row: Canonical[]) => void) => {
    const database = side === 'from' ? source : target;
    await readSnapshot(database, (snapshot) =>
      readRows(pagesOf(database, snapshot, request, plan, side), plan, take, signal),
    );
  };
  const digests = async (side: Side): Promise<RowsDigest[]> => {
    const buckets = Array.from({ length: BUCKETS }, () => new DigestSum());
    const [hasher, bucketOf] = [new RowHasher(kindsOf(plan)), bucketsOf(plan)];
    await read(side, (row) => {
      hasher.hash(row);
      buckets[bucketOf(row)].add(hasher);
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

type Side = 'from' | 'to';

async function findDifferences(
  read: (side: Side, take: (row: Canonical[]) => void) => Promise<void>,
  buckets: ReadonlySet<number>,
  plan: CopyPlan,
): Promise<RowDifference[]> {
  const kinds = kindsOf(plan);
  const bucketOf = bucketsOf(plan);
  const rowsOf = async (side: Side) => {
    const rows = new Map<string, string>();
    await read(side, (row) => {
      if (buckets.has(bucketOf(row))) rows.set(keyText(row, plan), rowText(row, kinds));
    });
    return rows;
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

function pagesOf(database: Database, executor: Executor, request: CopyRequest, plan: CopyPlan, side: Side): PageSource {
  return {
    database,
    executor,
    table: side === 'from' ? request.table : request.into,
    columns: plan.columns.map((column) => ({ name: column[side], kind: column.kind })),
    key: plan.key,
    where: side === 'from' ? request.where : undefined,
    range: undefined,
  };
}

async function readRows(
  pages: PageSource,
  plan: CopyPlan,
  take: (row: Canonical[]) => void,
  signal: AbortSignal,
): Promise<void> {
  for (let after: Canonical[] | undefined; ; ) {
    signal.throwIfAborted();
    const rows = await readPage(pages, after, PAGE_ROWS);
    rows.forEach(take);
    if (rows.length < PAGE_ROWS) return;
    after = plan.key.map((at) => rows[rows.length - 1][at]);
  }
}

function kindsOf({ columns }: CopyPlan): ColumnKind[] {
  return columns.map(({ kind }) => kind);
}

function keyText(row: readonly Canonical[], { key, columns }: CopyPlan): string {
  return key.map((at) => `${columns[at].from} ${comparableOf(row[at], columns[at].kind)}`).join(', ');
}

/** By the key: a row is in the same bucket on both sides. */
function bucketsOf({ key, columns }: CopyPlan): (row: readonly Canonical[]) => number {
  const hasher = new RowHasher(key.map((at) => columns[at].kind));
  const values: Canonical[] = key.map(() => null);
  return (row) => {
    for (let at = 0; at < key.length; at++) values[at] = row[key[at]];
    hasher.hash(values);
    return hasher.first % BUCKETS;
  };
}
