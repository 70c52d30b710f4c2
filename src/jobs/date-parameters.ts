/** The parameters that every job of a business date takes: the date, and the zone whose midnight begins it. */
import type { ParameterDefinition } from '../engine/parameters.ts';
import { isSettleError } from '../errors.ts';
import { defaultZone, parseBusinessDate, requireZone } from '../rules/business-time.ts';

/** @param description what the date is to the job */
export function dateParameter(description: string): ParameterDefinition {
  return {
    name: 'date',
    type: 'date',
    identifying: true,
    required: true,
    description,
    example: '2026-11-20',
    validate: (text) => messageOf(() => parseBusinessDate(text)),
  };
}

/** @param description what the zone decides */
export function zoneParameter(description: string): ParameterDefinition {
  return {
    name: 'zone',
    type: 'string',
    identifying: true,
    required: false,
    default: defaultZone,
    description,
    example: defaultZone,
    validate: (text) => messageOf(() => requireZone(text)),
    canonical: requireZone,
  };
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
