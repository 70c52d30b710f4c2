/** The job `challenge-settlement`: everything that is due about challenges on a business date. Also a step of `daily`. */
import type { JobDefinition } from '../../engine/job.ts';
import type { PartitionedStep } from '../../engine/step.ts';
import { isSettleError } from '../../errors.ts';
import { defaultZone, parseBusinessDate, requireZone } from '../../rules/business-time.ts';
import { planSettlement } from './settlement-plan.ts';

/** Challenges of one transaction. */
const chunkChallenges = 1_000;

/** Needs the parameters `date` and `zone`. */
export const challengeSettlementStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'challenge-settlement',
  chunkSize: chunkChallenges,
  plan: planSettlement,
  workerModule: workerModule(),
};

export const challengeSettlementJob: JobDefinition = {
  name: 'challenge-settlement',
  description: 'begin, cancel and settle the challenges that are due on a business date',
  parameters: [
    {
      name: 'date',
      type: 'date',
      identifying: true,
      required: true,
      description: 'business date; challenges due on it or before are settled',
      example: '2026-11-20',
      validate: (text) => messageOf(() => parseBusinessDate(text)),
    },
    {
      name: 'zone',
      type: 'string',
      identifying: true,
      required: false,
      default: defaultZone,
      description: 'time zone whose midnight begins the start date',
      example: defaultZone,
      validate: (text) => messageOf(() => requireZone(text)),
    },
  ],
  replay: 'rerun',
  steps: [challengeSettlementStep],
};

/** The worker beside this file: TypeScript in a checkout, JavaScript in the published package. */
function workerModule(): URL {
  const extension = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return new URL(`./settlement-worker${extension}`, import.meta.url);
}

/** What the check complains of, in one line; undefined when it passes. */
function messageOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isSettleError(error)) return error.message;
    throw error;
  }
}
