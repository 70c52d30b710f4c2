/** The job `coupon-allocation`: gives away every coupon that opens on a business date or before. Also a step of `daily`. */
import type { JobDefinition } from '../../../engine/job.ts';
import type { PartitionedStep, PartitionPlan, TaskletStep } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { workerModule } from '../../../partition/worker-module.ts';
import { cutByWeight } from '../../cut-blocks.ts';
import { dateParameter, zoneParameter } from '../../date-parameters.ts';
import { earlyParameter, requireDateOver } from '../../due-date.ts';
import { describeComparisons, repairParameter } from '../../redis-comparison.ts';
import { comparePromisedCoupons } from '../comparison/compare-promises.ts';
import { dueCouponsOf } from './allocation-worker.ts';
import { streamDueCoupons } from './coupon-store.ts';

/** Requests of one transaction. */
const chunkRequests = 10_000;
/** Requests and rows are objects. */
const maxYoungGenerationSizeMb = 32;

/** Needs the parameters `date` and `zone`. */
export const couponAllocationStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'coupon-allocation',
  chunkSize: chunkRequests,
  maxYoungGenerationSizeMb,
  plan: planAllocation,
  workerModule: workerModule('allocation-worker', import.meta.url),
};

/** Last: by then all of the run's coupons are decided. */
export const compareCouponsStep: TaskletStep = {
  kind: 'tasklet',
  name: 'compare-coupons',
  run: comparePromisedCoupons,
};

export const couponAllocationJob: JobDefinition = {
  name: 'coupon-allocation',
  description: 'give away the coupons that have opened, first come, first served',
  parameters: [
    dateParameter('business date; coupons that open on it or before are allocated'),
    zoneParameter('time zone whose midnight ends the date'),
    earlyParameter,
    repairParameter,
  ],
  replay: 'rerun',
  requireDue: requireDateOver,
  describe: (_database, execution) => describeComparisons(execution),
  countedStep: couponAllocationStep.name,
  steps: [couponAllocationStep, compareCouponsStep],
};

async function planAllocation(context: StepContext, partitionCount: number | undefined): Promise<PartitionPlan> {
  const { database, parameters, options } = context;
  const due = dueCouponsOf(parameters.require('date'), parameters.require('zone'));
  return {
    partitions: await cutByWeight(weigh(streamDueCoupons(database, due)), partitionCount, options.workers),
    detail: null,
  };
}

/** A coupon costs about as much as a request, besides its requests. */
async function* weigh(due: AsyncIterable<{ readonly id: bigint; readonly requests: number }>) {
  for await (const { id, requests } of due) yield { id, weight: requests + 1, rows: requests };
}
