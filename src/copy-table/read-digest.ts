/** The digest of all rows that a copy has read, as its partitions noted it with their rows. */
import type { Database } from '../database/database.ts';
import { deserialiseContext } from '../engine/execution-context.ts';
import { selectStepContext } from '../repository/execution-context.ts';
import { listPartitions } from '../repository/partition.ts';
import { readState } from './copy-state.ts';
import { copyStep } from './definition.ts';
import { joinDigests, noRows, type RowsDigest } from './row-digest.ts';

export async function readCopyDigest(target: Database, jobInstanceId: number): Promise<RowsDigest> {
  let digest = noRows;
  for (const { stepExecutionId } of await listPartitions(target, jobInstanceId, copyStep)) {
    const text = stepExecutionId === undefined ? undefined : await selectStepContext(target.knex, stepExecutionId);
    if (text !== undefined) digest = joinDigests(digest, readState(deserialiseContext(text)).digest);
  }
  return digest;
}
