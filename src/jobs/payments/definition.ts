/** The job `payment-reconciliation`: orders beside the provider's approvals. Also steps of `daily`. */

import type { JobDefinition } from '../../engine/job.ts';
import type { Step } from '../../engine/step.ts';
import { workerModule } from '../../partition/worker-module.ts';
import { dateParameter, zoneParameter } from '../date-parameters.ts';
import { earlyParameter, requireDateOver } from '../due-date.ts';
import { requireFitLedger } from '../points/fit-ledger.ts';
import { balancePayments } from './balance-payments.ts';
import { beginPayments } from './begin.ts';
import { mustReadAgain } from './claim.ts';
import { paymentParameters } from './payment-parameters.ts';
import { planReconciliation } from './reconcile-plan.ts';
import { deleteRead } from './result-store.ts';

/** Order ids of one transaction. */
const chunkOrders = 2_000;
/** Rows are objects. */
const maxYoungGenerationSizeMb = 32;

/** Need the parameters `date`, `zone` and those of `paymentParameters`. */
export const paymentSteps: readonly Step[] = [
  {
    kind: 'partitioned',
    name: 'reconcile-payments',
    chunkSize: chunkOrders,
    maxYoungGenerationSizeMb,
    plan: planReconciliation,
    share: beginPayments,
    // Another instance may have reconciled since this one stopped, and balancing may have failed.
    bind: async ({ database, jobInstanceId }) => ({
      allowStartIfComplete: await mustReadAgain(database.knex, jobInstanceId),
    }),
    discard: async ({ transaction, jobInstanceId }) => await transaction((tx) => deleteRead(tx, jobInstanceId)),
    workerModule: workerModule('reconcile-worker', import.meta.url),
  },
  { kind: 'tasklet', name: 'balance-payments', run: balancePayments },
];

export const paymentReconciliationJob: JobDefinition = {
  name: 'payment-reconciliation',
  description: 'orders beside the approvals of the payment provider: classes, points, refunds',
  parameters: [
    dateParameter('business date whose orders are reconciled; what changed about earlier ones is looked at again'),
    zoneParameter('time zone whose midnight begins the date'),
    earlyParameter,
    ...paymentParameters,
  ],
  replay: 'rerun',
  requireFit: requireFitLedger,
  requireDue: requireDateOver,
  steps: paymentSteps,
};
