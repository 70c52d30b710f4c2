/** The job `stock-settlement`: the stock of every product at the end of a business date. Also a step of `daily`. */
import type { JobDefinition } from '../../../engine/job.ts';
import type { PartitionedStep, PartitionPlan, TaskletStep } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { usageError } from '../../../errors.ts';
import { workerModule } from '../../../partition/worker-module.ts';
import { isSameZone } from '../../../rules/business-time.ts';
import { cutByWeight } from '../../cut-blocks.ts';
import { dateParameter, zoneParameter } from '../../date-parameters.ts';
import { earlyParameter, requireDateOver } from '../../due-date.ts';
import { describeComparisons, repairParameter } from '../../redis-comparison.ts';
import { compareCounters } from '../comparison/compare-counters.ts';
import { streamProductIds } from './stock-plan.ts';
import { readZones } from './stock-store.ts';
import { reservationMinutesParameter } from './stock-terms.ts';

/** Movements of one transaction. */
const chunkMovements = 10_000;
/** Movements and reservations are objects. */
const maxYoungGenerationSizeMb = 32;
/** A product costs about as much as this many movements, whatever happened to it. */
const productWeight = 20;

/** Needs the parameters `date` and `zone`. */
export const stockSettlementStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'stock-settlement',
  chunkSize: chunkMovements,
  maxYoungGenerationSizeMb,
  plan: planStock,
  workerModule: workerModule('stock-worker', import.meta.url),
};

export const compareStockStep: TaskletStep = {
  kind: 'tasklet',
  name: 'compare-stock',
  run: compareCounters,
};

export const stockSettlementJob: JobDefinition = {
  name: 'stock-settlement',
  description: 'settle the stock of every product at the end of a business date, and release what timed out',
  parameters: [
    dateParameter('business date; movements that happened on it or before are settled'),
    zoneParameter('time zone whose midnight ends the date'),
    earlyParameter,
    reservationMinutesParameter,
    repairParameter,
  ],
  replay: 'rerun',
  requireDue: requireDateOver,
  describe: (_database, execution) => describeComparisons(execution),
  countedStep: stockSettlementStep.name,
  steps: [stockSettlementStep, compareStockStep],
};

async function planStock(context: StepContext, partitionCount: number | undefined): Promise<PartitionPlan> {
  const { database, parameters, options } = context;
  const zone = parameters.require('zone');
  const other = (await readZones(database.knex)).find((one) => !isSameZone(one, zone));
  if (other !== undefined) {
    throw usageError(
      `stock was settled in the zone ${other}, and this run is in ${zone}`,
      `start it with --zone ${other}`,
    );
  }
  const items = weigh(streamProductIds(database));
  return { partitions: await cutByWeight(items, partitionCount, options.workers), detail: null };
}

async function* weigh(ids: AsyncIterable<bigint>) {
  for await (const id of ids) yield { id, weight: productWeight };
}
