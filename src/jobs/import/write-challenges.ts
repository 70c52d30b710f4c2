/**
 * Steps `write-challenges` and `write-proofs`: the file's rows into the platform's tables. Rows whose id is there are
 * passed over: what has become of a challenge since is not undone by importing it again.
 */
import type { InsertTarget } from '../../database/dialect.ts';
import { tableWriter } from '../../items/table-writer.ts';
import type { ChallengeRow, ProofRow } from './challenge-rows.ts';
import { writeRowsStep } from './file-rows.ts';
import { openChallengeRows, openProofRows } from './row-source.ts';

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

export const writeChallengesStep = writeRowsStep<ChallengeRow>({
  name: 'write-challenges',
  open: openChallengeRows,
  writer: ({ database }) =>
    tableWriter(database, challenges, (row) => [
      row.id,
      row.status,
      row.startDate,
      row.endDate,
      row.minMembers,
      row.stake,
      row.thresholdPercent,
      row.feeBp,
      row.noWinnerPolicy,
    ]),
});

export const writeProofsStep = writeRowsStep<ProofRow>({
  name: 'write-proofs',
  open: openProofRows,
  writer: ({ database }) =>
    tableWriter(database, proofs, (row) => [row.id, row.challengeId, row.userId, row.proofDate]),
});
