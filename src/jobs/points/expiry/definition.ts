/**
 * The job `points-expiry`: points whose time is over by the end of a business date go to the breakage account. What
 * challenges pay out, and what creators are credited, never expires; a refund expires with the lots that it went back to.
 */

import type { JobDefinition } from '../../../engine/job.ts';
import type { Step } from '../../../engine/step.ts';
import { dateParameter, zoneParameter } from '../../date-parameters.ts';
import { earlyParameter, requireDateOver } from '../../due-date.ts';
import { requireFitLedger } from '../fit-ledger.ts';
import { expirePoints } from './expire-points.ts';

/** May run again at any time: lots that are empty do not expire. */
export const pointsExpirySteps: readonly Step[] = [{ kind: 'tasklet', name: 'expire-points', run: expirePoints }];

export const pointsExpiryJob: JobDefinition = {
  name: 'points-expiry',
  description: 'points past their expiry by the end of one business date go to breakage',
  parameters: [
    dateParameter('business date at whose end points must have expired'),
    zoneParameter('time zone whose midnight ends the date'),
    earlyParameter,
  ],
  requireDue: requireDateOver,
  requireFit: requireFitLedger,
  steps: pointsExpirySteps,
};
