/** The job `interest-accrual`: a day's interest of every deposit account. Its steps are part of `daily`. */
import type { JobDefinition } from '../../engine/job.ts';
import type { PartitionedStep, Step } from '../../engine/step.ts';
import type { StepContext } from '../../engine/step-context.ts';
import { workerModule } from '../../partition/worker-module.ts';
import { dateParameter, zoneParameter } from '../date-parameters.ts';
import { earlyParameter, requireDateOver } from '../due-date.ts';
import { requireFitLedger } from '../points/fit-ledger.ts';
import { planAccrual } from './accrual-plan.ts';
import { claimInterest } from './claim.ts';
import { readProducts } from './product-store.ts';
import { publishInterest } from './publish-interest.ts';
import type { SharedInterest } from './shared.ts';

/** Accounts of one transaction. */
const chunkAccounts = 1_000;
/** Entries and days are objects. */
const maxYoungGenerationSizeMb = 32;

const accrualStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'interest-accrual',
  chunkSize: chunkAccounts,
  maxYoungGenerationSizeMb,
  plan: planAccrual,
  share: shareInterest,
  workerModule: workerModule('accrual-worker', import.meta.url),
};

/** Both may run again at any time: what is accrued and posted already is left as it is. */
export const interestSteps: readonly Step[] = [
  accrualStep,
  { kind: 'tasklet', name: 'publish-interest', run: publishInterest },
];

export const interestAccrualJob: JobDefinition = {
  name: 'interest-accrual',
  description: "a day's interest of every deposit account, exactly; capitalised at the ends of periods",
  parameters: [
    dateParameter('business date that accrues'),
    zoneParameter('time zone whose midnight ends the date'),
    earlyParameter,
  ],
  replay: 'rerun',
  requireFit: requireFitLedger,
  requireDue: requireDateOver,
  countedStep: accrualStep.name,
  steps: interestSteps,
};

/** Asked at each start, when there are partitions to run: takes the claim first. */
async function shareInterest(context: StepContext): Promise<SharedInterest> {
  const { database, parameters } = context;
  const date = parameters.require('date');
  const before = await claimInterest(context, date);
  const products = await readProducts(database.knex);
  return { products: new Map([...products].map(([name, { product }]) => [name, product])), begun: before };
}
