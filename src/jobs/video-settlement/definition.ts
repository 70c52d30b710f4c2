/** The job `video-settlement`, and its steps, which `daily` has too. */

import type { JobDefinition } from '../../engine/job.ts';
import type { Step } from '../../engine/step.ts';
import { dateParameter } from '../date-parameters.ts';
import { requireFitLedger } from '../points/fit-ledger.ts';
import { creditCreators } from './credit-creators.ts';
import { describeSettlement } from './describe-settlement.ts';
import { postedAmount } from './posted-amount.ts';
import { settleVideos } from './settle-videos.ts';

/** Both may run again at any time: what is settled and credited already is left as it is. */
export const videoSettlementSteps: readonly Step[] = [
  { kind: 'tasklet', name: 'settle-videos', run: settleVideos },
  { kind: 'tasklet', name: 'credit-creators', run: creditCreators },
];

/** They hold the lock of all settlements. */
export const settlementSteps = videoSettlementSteps.map(({ name }) => name);

export const videoSettlementJob: JobDefinition = {
  name: 'video-settlement',
  description: 'what the videos of one business date are paid, from its statistics, and their creators credited',
  parameters: [dateParameter('business date to settle')],
  requireFit: requireFitLedger,
  describe: (_database, execution) => describeSettlement(execution),
  postedAmount,
  oneAtATime: settlementSteps,
  steps: videoSettlementSteps,
};
