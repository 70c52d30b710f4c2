/** The job `challenge-settlement`: everything that is due about challenges on a business date. Also a step of `daily`. */

import type { JobDefinition } from '../../../engine/job.ts';
import type { PartitionedStep } from '../../../engine/step.ts';
import { workerModule } from '../../../partition/worker-module.ts';
import { dateParameter, zoneParameter } from '../../date-parameters.ts';
import { earlyParameter, requireDateOver } from '../../due-date.ts';
import { requireFitLedger } from '../../points/fit-ledger.ts';
import { planSettlement } from './settlement-plan.ts';

/** Challenges of one transaction. */
const chunkChallenges = 1_000;
/** Members, journals and rows are objects. */
const maxYoungGenerationSizeMb = 32;

/** Needs the parameters `date` and `zone`. */
export const challengeSettlementStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'challenge-settlement',
  chunkSize: chunkChallenges,
  maxYoungGenerationSizeMb,
  plan: planSettlement,
  workerModule: workerModule('settlement-worker', import.meta.url),
};

export const challengeSettlementJob: JobDefinition = {
  name: 'challenge-settlement',
  description: 'begin, cancel and settle the challenges that are due on a business date',
  parameters: [
    dateParameter('business date; challenges due on it or before are settled'),
    zoneParameter('time zone whose midnight begins the start date'),
    earlyParameter,
  ],
  replay: 'rerun',
  requireFit: requireFitLedger,
  requireDue: requireDateOver,
  steps: [challengeSettlementStep],
};
