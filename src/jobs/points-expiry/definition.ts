/** The job `points-expiry`: points whose time is over by the end of a business date go to the breakage account. */
import type { JobDefinition } from '../../engine/job.ts';
import type { Step } from '../../engine/step.ts';
import { isSettleError } from '../../errors.ts';
import { defaultZone, parseBusinessDate, requireZone } from '../../rules/business-time.ts';
import { expirePoints } from './expire-points.ts';

/** May run again at any time: lots that are empty do not expire. */
export const pointsExpirySteps: readonly Step[] = [{ kind: 'tasklet', name: 'expire-points', run: expirePoints }];

export const pointsExpiryJob: JobDefinition = {
  name: 'points-expiry',
  description: 'points past their expiry by the end of one business date go to breakage',
  parameters: [
    {
      name: 'date',
      type: 'date',
      identifying: true,
      required: true,
      description: 'business date at whose end points must have expired',
      example: '2026-11-20',
      validate: (text) => messageOf(() => parseBusinessDate(text)),
    },
    {
      name: 'zone',
      type: 'string',
      identifying: true,
      required: false,
      default: defaultZone,
      description: 'time zone whose midnight ends the date',
      example: defaultZone,
      validate: (text) => messageOf(() => requireZone(text)),
    },
  ],
  steps: pointsExpirySteps,
};

function messageOf(check: () => unknown): string | undefined {
  try {
    check();
    return undefined;
  } catch (error) {
    if (isSettleError(error)) return error.message;
    throw error;
  }
}
