/**
 * What the partitions of a date commit until it is published: encoded sums and open views, verdict counts, rows for
 * the quarantine, and the state that a restart goes on from. One statement, one function.
 */
import type { Knex } from 'knex';
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { type Row, type SqlValue, toNumber } from '../../../database/values.ts';
import type { QuarantinedView } from '../kernel/quarantined-views.ts';
import { noVerdicts, type VerdictCounts, verdicts } from '../rules/verdict.ts';

export type PartialKind = 'sums' | 'open';

/** Names one committed chunk of a job instance. */
export interface ChunkKey {
  readonly jobInstanceId: number;
  readonly partition: number;
  readonly chunk: number;
}

/** The merge's results are kept like a partition's, under this number. */
export const mergePartition = -1;

/** Bytes a row: below the smallest packet that a server accepts by default, written as hexadecimal. */
const pieceBytes = 1_000_000;

const tables = ['settle_partial', 'settle_partial_verdicts', 'settle_partition_state', 'settle_quarantine_staged'];

/** Encoded bytes of a bucket. */
export interface PartialBody {
  readonly bucket: number;
  readonly body: Buffer;
}

/** Saves the encoded bytes of a chunk's buckets, in pieces: of thousands of buckets with few statements. */
export async function insertPartials(
  database: Database,
  tx: Transaction,
  key: ChunkKey,
  kind: PartialKind,
  bodies: Iterable<PartialBody>,
): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    {
      table: 'settle_partial',
      columns: ['job_instance_id', 'partition_no', 'chunk_no', 'kind', 'bucket', 'piece', 'body'],
    },
    piecesOf(key, kind, bodies),
  );
}

function* piecesOf(
  { jobInstanceId, partition, chunk }: ChunkKey,
  kind: PartialKind,
  bodies: Iterable<PartialBody>,
): Generator<SqlValue[]> {
  for (const { bucket, body } of bodies) {
    for (let piece = 0; piece * pieceBytes < body.length; piece++) {
      const bytes = body.subarray(piece * pieceBytes, (piece + 1) * pieceBytes);
      yield [jobInstanceId, partition, chunk, kind, bucket, piece, bytes];
    }
  }
}

export interface PartialName {
  readonly partition: number;
  readonly chunk: number;
  readonly bucket: number;
}

/** Which encoded chunks there are: as many as chunks times buckets of the kind. Their bytes are read one by one. */
export async function listPartials(
  executor: Executor,
  jobInstanceId: number,
  kind: PartialKind,
): Promise<PartialName[]> {
  const rows = await executor('settle_partial')
    .where({ job_instance_id: jobInstanceId, kind, piece: 0 })
    .orderBy(['bucket', 'partition_no', 'chunk_no'])
    .select('partition_no', 'chunk_no', 'bucket');
  return rows.map((row) => ({
    partition: toNumber(row.partition_no),
    chunk: toNumber(row.chunk_no),
    bucket: toNumber(row.bucket),
  }));
}

export async function readPartial(
  executor: Executor,
  jobInstanceId: number,
  kind: PartialKind,
  name: PartialName,
): Promise<Buffer> {
  const rows = await executor('settle_partial')
    .where({
      job_instance_id: jobInstanceId,
      kind,
      partition_no: name.partition,
      chunk_no: name.chunk,
      bucket: name.bucket,
    })
    .orderBy('piece')
    .select('body');
  return Buffer.concat(rows.map((row) => row.body as Buffer));
}

/** Rows that are read at once: of a bucket of open views most are small, none is above a piece. */
const bodiesARead = 32;

/** The encoded open views of a bucket, chunk by chunk. */
export async function* readOpenBodies(
  executor: Executor,
  jobInstanceId: number,
  bucket: number,
): AsyncGenerator<Buffer> {
  let pieces: Buffer[] = [];
  for (let last: Row | undefined; ; ) {
    const query = executor('settle_partial').where({ job_instance_id: jobInstanceId, kind: 'open', bucket });
    if (last !== undefined) query.andWhere(isAfter(last));
    const rows: Row[] = await query
      .orderBy(['partition_no', 'chunk_no', 'piece'])
      .limit(bodiesARead)
      .select('partition_no', 'chunk_no', 'piece', 'body');
    for (const row of rows) {
      if (toNumber(row.piece) === 0 && pieces.length > 0) {
        yield Buffer.concat(pieces);
        pieces = [];
      }
      pieces.push(row.body as Buffer);
    }
    if (rows.length < bodiesARead) break;
    last = rows[rows.length - 1];
  }
  if (pieces.length > 0) yield Buffer.concat(pieces);
}

/** What comes after the row in order of its key; in words that every server's optimizer takes for a range. */
function isAfter(row: Row): (query: Knex.QueryBuilder) => void {
  const [partition, chunk, piece] = [row.partition_no, row.chunk_no, row.piece].map(toNumber);
  const samePartition = { partition_no: partition };
  const sameChunk = { ...samePartition, chunk_no: chunk };
  return (query) =>
    query
      .where('partition_no', '>', partition)
      .orWhere((same) => same.where(samePartition).andWhere('chunk_no', '>', chunk))
      .orWhere((same) => same.where(sameChunk).andWhere('piece', '>', piece));
}

/**
 * Open views of the date that the partitions left, the merge's entries not counted in; undefined where no partition has
 * committed anything. `isMerged`: the merge has entries.
 */
export async function countOpenOfDay(
  executor: Executor,
  jobInstanceId: number,
): Promise<{ readonly open: number; readonly isMerged: boolean } | undefined> {
  const entries = executor('settle_partial_verdicts').where({ job_instance_id: jobInstanceId });
  const [row]: Row[] = await entries
    .clone()
    .whereNot({ partition_no: mergePartition })
    .count({ entries: '*' })
    .sum({ open: 'open_of_day' });
  if (toNumber(row.entries) === 0) return undefined;
  const merged = await entries.clone().where({ partition_no: mergePartition }).first('chunk_no');
  return { open: toNumber(row.open ?? 0), isMerged: merged !== undefined };
}

/** Open views that the merge's entries have decided. */
export async function sumMerged(executor: Executor, jobInstanceId: number): Promise<number> {
  const entries = executor('settle_partial_verdicts').where({
    job_instance_id: jobInstanceId,
    partition_no: mergePartition,
  });
  const [row]: Row[] = await entries.sum({ open: 'open_of_day' });
  return Math.abs(toNumber(row.open ?? 0));
}

/** @param openOfDay rows that wait for the merge; negative in the merge's own entry, which decides them */
export async function insertVerdicts(
  tx: Transaction,
  key: ChunkKey,
  counts: VerdictCounts,
  openOfDay: number,
): Promise<void> {
  await tx('settle_partial_verdicts').insert({
    job_instance_id: key.jobInstanceId,
    partition_no: key.partition,
    chunk_no: key.chunk,
    ...counts,
    open_of_day: openOfDay,
  });
}

/** The verdicts of all chunks together; `openOfDay` is 0 once everything has been decided. */
export async function sumPartialVerdicts(
  executor: Executor,
  jobInstanceId: number,
): Promise<{ counts: VerdictCounts; openOfDay: number }> {
  const query = executor('settle_partial_verdicts').where({ job_instance_id: jobInstanceId });
  for (const verdict of verdicts) query.sum({ [verdict]: verdict });
  const [row]: Row[] = await query.sum({ open_of_day: 'open_of_day' });
  const counts = noVerdicts();
  for (const verdict of verdicts) counts[verdict] = toNumber(row[verdict] ?? 0);
  return { counts, openOfDay: toNumber(row.open_of_day ?? 0) };
}

export async function stageQuarantine(
  database: Database,
  tx: Transaction,
  key: ChunkKey,
  rows: readonly QuarantinedView[],
): Promise<void> {
  await bulkInsert(
    tx,
    database.dialect,
    { table: 'settle_quarantine_staged', columns: ['job_instance_id', 'row_id', 'partition_no', 'reason', 'payload'] },
    rows.map((row) => [key.jobInstanceId, row.id, key.partition, row.reason, JSON.stringify(row.payload)]),
  );
}

/** Replaces the state of a partition: what the last committed chunk left. */
export async function savePartitionState(
  database: Database,
  tx: Transaction,
  key: ChunkKey,
  state: Buffer,
): Promise<void> {
  await tx('settle_partition_state')
    .where({ job_instance_id: key.jobInstanceId, partition_no: key.partition })
    .delete();
  for (let piece = 0; piece * pieceBytes < state.length; piece++) {
    await bulkInsert(
      tx,
      database.dialect,
      { table: 'settle_partition_state', columns: ['job_instance_id', 'partition_no', 'piece', 'body'] },
      [[key.jobInstanceId, key.partition, piece, state.subarray(piece * pieceBytes, (piece + 1) * pieceBytes)]],
    );
  }
}

export async function readPartitionState(
  executor: Executor,
  jobInstanceId: number,
  partition: number,
): Promise<Buffer> {
  const rows = await executor('settle_partition_state')
    .where({ job_instance_id: jobInstanceId, partition_no: partition })
    .orderBy('piece')
    .select('body');
  return Buffer.concat(rows.map((row) => row.body as Buffer));
}

/** Removes what an instance has committed: after publishing it, or because its plan was dropped. */
export async function deletePartials(tx: Transaction, jobInstanceId: number): Promise<void> {
  for (const table of tables) await tx(table).where({ job_instance_id: jobInstanceId }).delete();
}

/** Removes the merge's own results, so that it can run again. */
export async function deleteMerged(tx: Transaction, jobInstanceId: number): Promise<void> {
  for (const table of ['settle_partial', 'settle_partial_verdicts']) {
    await tx(table).where({ job_instance_id: jobInstanceId, partition_no: mergePartition }).delete();
  }
}
