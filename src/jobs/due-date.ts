/**
 * When the jobs of a business date may start: after the date's end in its zone. A run that is allowed to start earlier
 * is marked by the parameter `early`, and the next plain start computes the date again.
 */
import type { JobParameters, ParameterDefinition } from '../engine/parameters.ts';
import { usageError } from '../errors.ts';
import { businessDay } from '../rules/business-time.ts';

/** Name of the parameter that lets a date be settled before its end. */
export const EARLY = 'early';

/** Of every job that takes a date and its zone. */
export const earlyParameter: ParameterDefinition = {
  name: EARLY,
  type: 'string',
  identifying: false,
  required: false,
  description: "'allow' starts before the end of the date; the next plain start computes it again",
  validate: (text) => (text === 'allow' ? undefined : "must be 'allow'"),
};

/** The end of the date, in milliseconds since 1970. */
export function endOfDate(date: string, zone: string): number {
  return businessDay(date, zone).endMs;
}

/** `2026-11-20 15:00:00 UTC`. */
export function endText(endMs: number): string {
  return `${new Date(endMs).toISOString().slice(0, 19).replace('T', ' ')} UTC`;
}

/** @throws SettleError (exit 2) when the date is not over and `early` is not given */
export function requireDateOver(parameters: JobParameters, now: Date): void {
  if (parameters.get(EARLY) !== undefined) return;
  const date = parameters.require('date');
  const zone = parameters.require('zone');
  const endMs = endOfDate(date, zone);
  if (now.getTime() >= endMs) return;
  throw usageError(
    `${date} is not over in ${zone}: it ends at ${endText(endMs)}`,
    'start it again after that hour, or add --early to settle what is there by now (the next plain start does it again)',
  );
}
