/**
 * What the partitions of a date commit until it is published: encoded sums and open views, verdict counts, rows for
 * the quarantine, and the state that a restart goes on from. One statement, one function.
 */
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import { type Row, toNumber } from '../../../database/values.ts';
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

/** Saves encoded bytes in pieces. */
export async function insertPartial(
  database: Database,
  tx: Transaction,
  key: ChunkKey,
  kind: PartialKind,
  bucket: number,
  body: Buffer,
): Promise<void> {
  for (let piece = 0; piece * pieceBytes < body.length; piece++) {
    await bulkInsert(
      tx,
      database.dialect,
      {
        table: 'settle_partial',
        columns: ['job_instance_id', 'partition_no', 'chunk_no', 'kind', 'bucket', 'piece', 'body'],
      },
      [
        [
          key.jobInstanceId,
          key.partition,
          key.chunk,
          kind,
          bucket,
          piece,
          body.subarray(piece * pieceBytes, (piece + 1) * pieceBytes),
        ],
      ],
    );
  }
}

export interface PartialName {
  readonly partition: number;
  readonly chunk: number;
  readonly bucket: number;
}

/** Which encoded chunks there are; their bytes are read one by one, so that memory stays small. */
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
