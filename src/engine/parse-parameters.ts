/**
 * From the texts that a user typed to typed, validated JobParameters. Everything that can be wrong with a parameter is
 * found here, before anything is stored.
 */
import { usageError } from '../errors.ts';
import { javaDoubleText } from './java-types.ts';
import type { JobDefinition } from './job.ts';
import { nearestName } from './nearest-name.ts';
import { type JobParameter, JobParameters, type ParameterDefinition, type ParameterType } from './parameters.ts';

/** Names the recomputation of a completed instance (`--rerun`): absent for the first run, then 2, 3, ... */
export const REVISION = 'revision';
const VALUE_LENGTH_MAX = 2500; // BATCH_JOB_EXECUTION_PARAMS.PARAMETER_VALUE
const LONG_MAX = 2n ** 63n - 1n;

/**
 * Throws a usage error for an unknown or missing parameter, a text that is not of its type, and whatever the
 * definition's own `validate` finds.
 */
export function parseParameters(job: JobDefinition, raw: Readonly<Record<string, string>>): JobParameters {
  for (const name of Object.keys(raw)) {
    if (!job.parameters.some((definition) => definition.name === name)) throw unknownParameter(job, name);
  }
  const all: JobParameter[] = [];
  for (const definition of job.parameters) {
    const { name, type, identifying } = definition;
    const text = raw[name] ?? definition.default;
    if (text !== undefined) all.push({ name, type, value: parseValue(definition, text), identifying });
    else if (definition.required) {
      const example = definition.example === undefined ? '' : `, for example ${name}=${definition.example}`;
      throw usageError(`job ${job.name} needs the parameter ${name}${example}`, definition.description);
    }
  }
  return new JobParameters(all);
}

/** `parameters` as those of a later revision of the same instance. */
export function withRevision(parameters: JobParameters, revision: number): JobParameters {
  const parameter: JobParameter = { name: REVISION, type: 'long', value: String(revision), identifying: true };
  return new JobParameters([...parameters.all.filter(({ name }) => name !== REVISION), parameter]);
}

function parseValue(definition: ParameterDefinition, text: string): string {
  const value = canonicalText(definition.type, definition.isVerbatim ? text : text.trim());
  if (value === undefined) {
    const example = definition.example === undefined ? '' : `, for example ${definition.example}`;
    throw usageError(`${definition.name}: ${JSON.stringify(text)} is not ${typeNames[definition.type]}${example}`);
  }
  if (value.length > VALUE_LENGTH_MAX) {
    throw usageError(`${definition.name}: longer than ${VALUE_LENGTH_MAX} characters`);
  }
  const problem = definition.validate?.(value);
  if (problem !== undefined) throw usageError(`${definition.name}: ${problem}`);
  return definition.canonical?.(value) ?? value;
}

const typeNames: Record<ParameterType, string> = {
  string: 'a text',
  long: 'a whole number of 64 bits',
  double: 'a number',
  date: 'a calendar date (YYYY-MM-DD)',
};

/** Undefined when the text is not of the type. */
function canonicalText(type: ParameterType, text: string): string | undefined {
  switch (type) {
    case 'string':
      return text;
    case 'long': {
      if (!/^[+-]?\d{1,19}$/.test(text)) return undefined;
      const value = BigInt(text.replace('+', ''));
      return value >= -LONG_MAX - 1n && value <= LONG_MAX ? String(value) : undefined;
    }
    case 'double':
      if (!/^[+-]?(\d+(\.\d*)?|\.\d+)(e[+-]?\d+)?$/i.test(text) || !Number.isFinite(Number(text))) return undefined;
      return javaDoubleText(Number(text));
    case 'date':
      return isCalendarDate(text) ? text : undefined;
  }
}

/** `YYYY-MM-DD` of a day that exists: 2023-02-29 does not. */
function isCalendarDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false;
  const midnight = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(text);
}

function unknownParameter(job: JobDefinition, name: string): Error {
  const known = job.parameters.map((definition) => definition.name);
  const nearest = nearestName(name, known);
  const hint = nearest === undefined ? undefined : `did you mean ${nearest}?`;
  const list = known.length === 0 ? 'it takes none' : `it takes ${known.join(', ')}`;
  return usageError(`job ${job.name} has no parameter ${name}; ${list}`, hint);
}
