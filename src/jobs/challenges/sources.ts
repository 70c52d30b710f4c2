/** The tables of the platform that challenges are read from. Imports no job: the start of every command asks for them. */
import type { SourceTable } from '../../mapping/mapping.ts';
import { targetsOf } from '../import/target-columns.ts';

export const challengesSources: readonly SourceTable[] = [
  {
    setting: 'challenges',
    table: 'challenge',
    columns: targetsOf.challenges[0].columns,
    updates: ['status'],
  },
  {
    setting: 'members',
    table: 'challenge_member',
    columns: targetsOf.members[0].columns,
  },
  {
    setting: 'proofs',
    table: 'challenge_proof',
    columns: targetsOf.proofs[0].columns,
  },
];
