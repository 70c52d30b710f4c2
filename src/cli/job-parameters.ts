/** From flags and settings to the parameters of a job, as text. */
import type { JobDefinition } from '../engine/job.ts';
import { parseParameters } from '../engine/parse-parameters.ts';
import { usageError } from '../errors.ts';
import { EARLY } from '../jobs/due-date.ts';
import { parseBusinessDate, requireZone } from '../rules/business-time.ts';
import type { Settings } from './config.ts';

interface ParameterFlags {
  readonly date?: string;
  readonly zone?: string;
  readonly param?: Readonly<Record<string, string>>;
  readonly early?: boolean;
}

/**
 * `--date` and `--zone` are short for parameters of these names. A zone from the settings goes to jobs that take one.
 * @throws SettleError (exit 2) for whatever the job would refuse, before the database is asked for anything.
 */
export function jobParameters(
  job: JobDefinition,
  flags: ParameterFlags,
  settings: Pick<Settings, 'zone'>,
): Record<string, string> {
  const parameters: Record<string, string> = { ...flags.param };
  for (const name of ['date', 'zone'] as const) {
    const value = flags[name];
    if (value === undefined) continue;
    if (Object.hasOwn(parameters, name)) throw usageError(`${name} is given twice: by --${name} and by -p`);
    parameters[name] = value;
  }
  if (flags.early) {
    if (!job.parameters.some(({ name }) => name === EARLY)) {
      throw usageError(`job ${job.name} has no date whose end it waits for`, 'leave --early out');
    }
    parameters[EARLY] = 'allow';
  }
  if (parameters.zone === undefined && job.parameters.some(({ name }) => name === 'zone'))
    parameters.zone = settings.zone;
  if (parameters.date !== undefined) parseBusinessDate(parameters.date);
  if (parameters.zone !== undefined) parameters.zone = requireZone(parameters.zone);
  parseParameters(job, parameters);
  return parameters;
}
