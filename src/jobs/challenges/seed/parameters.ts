/** The parameters of the job `seed-challenges`, and the reading of them into the generator's options. */
import { type ChallengeSeedOptions, seedStakeMax } from '../../../../seeds/challenges.ts';
import type { JobParameters, ParameterDefinition } from '../../../engine/parameters.ts';
import { usageError } from '../../../errors.ts';
import { dateParameter, zoneParameter } from '../../date-parameters.ts';

const COUNT_MAX = 2 ** 31;
const DAYS_MAX = 3_660;

function count(name: string, min: number, max: number, byDefault: number, description: string): ParameterDefinition {
  return {
    name,
    type: 'long',
    identifying: true,
    required: false,
    default: String(byDefault),
    description,
    validate: (text) =>
      BigInt(text) >= BigInt(min) && BigInt(text) <= BigInt(max) ? undefined : `must be ${min} to ${max}`,
  };
}

/** All of them decide what is made, so all of them are identifying. */
export const challengeSeedParameters: readonly ParameterDefinition[] = [
  { ...count('challenges', 1, COUNT_MAX, 1, 'challenges, ids 1 to this'), required: true, default: undefined },
  dateParameter('business date on which they are due; with days > 1 the first one'),
  count('members', 1, 1_000, 5, 'members of each challenge'),
  count('days', 1, DAYS_MAX, 1, 'business dates over which the due dates are spread'),
  count('length', 1, 366, 3, 'days of a challenge'),
  zoneParameter('time zone of the dates'),
  count('seed', 0, Number.MAX_SAFE_INTEGER, 1, 'same seed, same bytes'),
  count('users', 0, COUNT_MAX, 0, 'users, ids 1 to this; 0: as many as there are challenges'),
  count('crowd', 0, COUNT_MAX, 0, 'members of challenge 1; 0: as many as the others have'),
  count('hot-users', 0, COUNT_MAX, 0, 'users who are members of many challenges each'),
  count('hot-challenges', 1, COUNT_MAX, 10_000, 'challenges that each of them is in'),
];

/** @throws SettleError (exit 2) where parameters contradict each other. */
export function challengeSeedOptions(parameters: JobParameters): ChallengeSeedOptions {
  const number = (name: string) => Number(parameters.require(name));
  const challenges = number('challenges');
  const members = number('members');
  const crowd = number('crowd');
  const hotUsers = number('hot-users');
  const cold = Math.max(members, crowd);
  const users = number('users') || Math.max(challenges, cold) + hotUsers;
  if (users - hotUsers < cold) {
    throw usageError(`${users} users, ${hotUsers} of them hot, cannot be the ${cold} members of a challenge`);
  }
  return {
    challenges,
    members,
    crowd,
    length: number('length'),
    date: parameters.require('date'),
    days: number('days'),
    zone: parameters.require('zone'),
    seed: number('seed'),
    users,
    hotUsers,
    hotChallenges: number('hot-challenges'),
  };
}

/** Points that every user is granted: enough for a stake in each challenge. */
export function grantOf({ challenges }: ChallengeSeedOptions): bigint {
  return BigInt(Math.max(1_000_000, challenges * seedStakeMax));
}
