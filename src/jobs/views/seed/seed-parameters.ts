/** The parameters of the job `seed`, and the reading of them into the generator's options. */
import type { ViewLogOptions } from '../../../../seeds/generate.ts';
import { SHAPES, type Shape } from '../../../../seeds/video-shape.ts';
import type { JobParameters, ParameterDefinition } from '../../../engine/parameters.ts';
import { usageError } from '../../../errors.ts';
import { defaultZone, requireZone } from '../../../rules/business-time.ts';

const VIDEOS_MAX = 2 ** 24;
const VIEWERS_MAX = 2 ** 32;
const ROWS_MAX = 2 ** 40;
const DAYS_MAX = 3660;
const DISORDER_SECONDS_MAX = 86_400;

const problemOf = (check: () => void): string | undefined => {
  try {
    check();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
};
const between = (min: number, max: number) => (text: string) =>
  BigInt(text) >= BigInt(min) && BigInt(text) <= BigInt(max) ? undefined : `must be ${min} to ${max}`;
const isRate = (text: string) => (Number(text) >= 0 && Number(text) <= 1 ? undefined : 'must be 0 to 1');

function count(name: string, min: number, max: number, byDefault: number, description: string): ParameterDefinition {
  const type = 'long';
  return {
    name,
    type,
    identifying: true,
    required: false,
    default: String(byDefault),
    description,
    validate: between(min, max),
  };
}

function rate(name: string, byDefault: number, description: string): ParameterDefinition {
  const type = 'double';
  return { name, type, identifying: true, required: false, default: String(byDefault), description, validate: isRate };
}

/** All of them decide what is generated, so all of them are identifying. */
export const seedParameters: readonly ParameterDefinition[] = [
  {
    name: 'rows',
    type: 'long',
    identifying: true,
    required: true,
    description: 'rows to add to view_log',
    example: '1000000',
    validate: between(1, ROWS_MAX),
  },
  {
    name: 'date',
    type: 'date',
    identifying: true,
    required: true,
    description: 'business date of the rows; with days > 1 the first one',
    example: '2024-03-10',
  },
  count('days', 1, DAYS_MAX, 1, 'business dates over which the rows are spread'),
  {
    name: 'zone',
    type: 'string',
    identifying: true,
    required: false,
    default: defaultZone,
    description: 'IANA time zone of the business dates',
    validate: (text) => problemOf(() => requireZone(text)),
    canonical: requireZone,
  },
  count('seed', 0, Number.MAX_SAFE_INTEGER, 1, 'same seed, same bytes; another seed, another log'),
  {
    name: 'shape',
    type: 'string',
    identifying: true,
    required: false,
    default: 'zipf',
    description: `how views spread over videos: ${SHAPES.join(', ')} (one video has 90 % of the rows)`,
    validate: (text) => (SHAPES.includes(text as Shape) ? undefined : `must be one of ${SHAPES.join(', ')}`),
  },
  count('videos', 1, VIDEOS_MAX, 100_000, 'videos, ids 1 to this; those not yet known are registered'),
  count('viewers', 1, VIEWERS_MAX, 1_000_000, 'viewers, ids 1 to this'),
  count('creators', 0, VIEWERS_MAX, 10_000, 'creators of the videos, who are the first viewers; 0: none is known'),
  count('disorder', 0, DISORDER_SECONDS_MAX, 120, 'seconds by which a row may arrive late'),
  rate('repeat-rate', 0.05, 'share of rows less than 30 s after one of the same viewer and video'),
  rate('self-rate', 0.01, "share of rows by the video's own creator"),
  rate('duplicate-rate', 0.001, 'share of rows that are exact copies of an earlier one but for the id'),
  rate('invalid-rate', 0, 'share of rows with an unknown video, absurd play time or negative ad views'),
  rate('undated-rate', 0, 'share of rows without viewed_at'),
  rate('late-rate', 0, 'share of rows one to five days older than their neighbours'),
  count('id-gap', 0, 2 ** 40, 0, 'unused ids in each of ten holes'),
];

/** Throws a usage error where parameters contradict each other. */
export function viewLogOptions(parameters: JobParameters): ViewLogOptions {
  const number = (name: string) => Number(parameters.require(name));
  const rates = {
    repeat: number('repeat-rate'),
    self: number('self-rate'),
    duplicate: number('duplicate-rate'),
    invalid: number('invalid-rate'),
    undated: number('undated-rate'),
    late: number('late-rate'),
  };
  const sum = Object.values(rates).reduce((total, share) => total + share, 0);
  if (sum > 1 + 1e-9) throw usageError(`the rates add up to ${sum.toFixed(3)}, more than all rows`);
  const viewers = number('viewers');
  return {
    rows: number('rows'),
    date: parameters.require('date'),
    days: number('days'),
    zone: parameters.require('zone'),
    seed: number('seed'),
    shape: parameters.require('shape') as Shape,
    videos: number('videos'),
    viewers,
    // A creator is a viewer: of a few viewers, all may be creators.
    creators: Math.min(number('creators'), viewers),
    disorderSeconds: number('disorder'),
    rates,
    idGap: number('id-gap'),
  };
}
