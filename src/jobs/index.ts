/** The jobs that this program can run. Loading this loads all of them: the command line does it late. */

import type { JobDefinition } from '../engine/job.ts';
import { nearestName } from '../engine/nearest-name.ts';
import { usageError } from '../errors.ts';
import { seedChallengesJob } from './challenges/seed/definition.ts';
import { challengeSettlementJob } from './challenges/settlement/definition.ts';
import { copyViewsJob } from './copy-views/definition.ts';
import { dailyJob } from './daily/definition.ts';
import { importJob } from './import/import-job.ts';
import { importKinds } from './import/import-parameters.ts';
import { pointsExpiryJob } from './points/expiry/definition.ts';
import { videoSettlementJob } from './video-settlement/definition.ts';
import { seedJob } from './views/seed/seed-job.ts';

export const jobs: readonly JobDefinition[] = [
  dailyJob,
  videoSettlementJob,
  challengeSettlementJob,
  pointsExpiryJob,
  seedJob,
  seedChallengesJob,
  ...importKinds.map(importJob),
  copyViewsJob,
];

/** @throws SettleError (exit 2) when there is no job of that name. */
export function findJob(name: string): JobDefinition {
  const job = jobs.find((one) => one.name === name);
  if (job !== undefined) return job;
  const names = jobs.map((one) => one.name);
  const nearest = nearestName(name, names);
  const hint = nearest === undefined ? `the jobs are ${names.join(', ')}` : `did you mean ${nearest}?`;
  throw usageError(`unknown job "${name}"`, hint);
}
