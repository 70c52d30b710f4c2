/** Challenges and what they pay. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as challenge } from './0401_challenge.ts';
import { migration as challengeMember } from './0402_challenge_member.ts';
import { migration as challengeProof } from './0403_challenge_proof.ts';
import { migration as settleChallenge } from './0404_settle_challenge.ts';
import { migration as settlePayout } from './0405_settle_payout.ts';
import { migration as settleChallengeDate } from './0980_settle_challenge_date.ts';

export const challengesMigrations: readonly Migration[] = [
  challenge,
  challengeMember,
  challengeProof,
  settleChallenge,
  settlePayout,
  settleChallengeDate,
];
