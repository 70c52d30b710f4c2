/**
 * Steps `write-challenges` and `write-proofs`: the file's rows into the platform's tables. Rows whose id is there are
 * passed over: what has become of a challenge since is not undone by importing it again.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import type { SqlValue } from '../../database/values.ts';
import type { ExecutionContext } from '../../engine/execution-context.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import type { ChallengeRow, ProofRow } from './challenge-rows.ts';
import { FILE_ROWS, openChallengeRows, openProofRows, type RowSource } from './row-source.ts';
import { ROWS_DONE } from './write-views.ts';

const CHUNK_ROWS = 10_000;

const challenges: InsertTarget = {
  table: 'challenge',
  columns: [
    'id',
    'status',
    'start_date',
    'end_date',
    'min_members',
    'stake',
    'threshold_percent',
    'fee_bp',
    'no_winner_policy',
  ],
  mode: 'ignore',
  keys: ['id'],
};

const proofs: InsertTarget = {
  table: 'challenge_proof',
  columns: ['id', 'challenge_id', 'user_id', 'proof_date'],
  mode: 'ignore',
  keys: ['id'],
};

export const writeChallengesStep = plainStep<ChallengeRow>('write-challenges', openChallengeRows, challenges, (row) => [
  row.id,
  row.status,
  row.startDate,
  row.endDate,
  row.minMembers,
  row.stake,
  row.thresholdPercent,
  row.feeBp,
  row.noWinnerPolicy,
]);

export const writeProofsStep = plainStep<ProofRow>('write-proofs', openProofRows, proofs, (row) => [
  row.id,
  row.challengeId,
  row.userId,
  row.proofDate,
]);

function plainStep<T>(
  name: string,
  open: (parameters: JobParameters, checked: ExecutionContext) => Promise<RowSource<T>>,
  target: InsertTarget,
  values: (row: T) => readonly SqlValue[],
): ChunkStep {
  return {
    kind: 'chunk',
    name,
    chunkSize: CHUNK_ROWS,
    async open({ database, parameters, executionContext, jobContext }) {
      let rowsDone = executionContext.getLong(ROWS_DONE) ?? 0n;
      const source = await open(parameters, jobContext);
      try {
        await source.skip(Number(rowsDone));
      } catch (error) {
        source.close();
        throw error;
      }
      const handlers: ChunkHandlers<ItemChunk<T>, readonly T[]> = {
        async read(limit) {
          const items = await source.read(limit);
          rowsDone += BigInt(items?.length ?? 0);
          return items === undefined ? undefined : { items, size: items.length };
        },
        process({ items, size }) {
          return { output: items, writeCount: size, filterCount: 0, processSkipCount: 0 };
        },
        async write(rows, tx) {
          await bulkInsert(tx, database.dialect, target, rows.map(values));
        },
        saveState(state) {
          state.put(ROWS_DONE, rowsDone);
        },
        async close() {
          source.close();
        },
      };
      const fileRows = jobContext.getLong(FILE_ROWS);
      return { ...handlers, totalExpected: fileRows === undefined ? undefined : Number(fileRows) };
    },
  };
}
