/** The policy of a reconciliation, as parameters of the jobs that do one. */
import type { JobParameters, ParameterDefinition } from '../../engine/parameters.ts';
import { defaultPointsDays, defaultTimeoutHours } from './rules/payment.ts';

const TIMEOUT_HOURS = 'payment-timeout-hours';
const POINTS_DAYS = 'payment-points-days';

export const paymentParameters: readonly ParameterDefinition[] = [
  {
    name: TIMEOUT_HOURS,
    type: 'long',
    identifying: false,
    required: false,
    default: String(defaultTimeoutHours),
    description: 'hours that an order may be without an approval before it counts as failed',
    validate: (text) => between(text, 1, 24 * 366),
  },
  {
    name: POINTS_DAYS,
    type: 'long',
    identifying: false,
    required: false,
    default: String(defaultPointsDays),
    description: 'days after the approval on which the points of a payment expire',
    validate: (text) => between(text, 1, 36_600),
  },
];

export function timeoutHoursOf(parameters: JobParameters): number {
  return Number(parameters.require(TIMEOUT_HOURS));
}

export function pointsDaysOf(parameters: JobParameters): number {
  return Number(parameters.require(POINTS_DAYS));
}

function between(text: string, min: number, max: number): string | undefined {
  const value = Number(text);
  return value >= min && value <= max ? undefined : `must be from ${min} to ${max}`;
}
