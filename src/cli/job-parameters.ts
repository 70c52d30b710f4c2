/** From flags and settings to the parameters of a job, as text. */
import type { JobDefinition } from '../engine/job.ts';
import { parseParameters } from '../engine/parse-parameters.ts';
import { usageError } from '../errors.ts';
import type { CommandContext } from './command-context.ts';
import { attributeOf, longFlag } from './parameter-options.ts';
import type { ParameterOption } from './platform-options.ts';

interface ParameterFlags {
  readonly param?: Readonly<Record<string, string>>;
  /** Of the platform's options of `settle run`, by attribute name. */
  readonly [option: string]: unknown;
}

/**
 * The platform's options of `settle run` are short for parameters; a setting may go to jobs that take one.
 * @throws SettleError (exit 2) for whatever the job would refuse, before the database is asked for anything.
 */
export async function jobParameters(
  { registry, settings }: Pick<CommandContext, 'registry' | 'settings'>,
  job: JobDefinition,
  flags: ParameterFlags,
): Promise<Record<string, string>> {
  const options = registry.options.runOptions ?? [];
  const parameters: Record<string, string> = { ...flags.param };
  for (const option of options) addOption(parameters, job, option, flags);
  for (const { parameter, fromSettings } of options) {
    if (parameters[parameter] !== undefined || !job.parameters.some(({ name }) => name === parameter)) continue;
    const text = fromSettings?.(settings);
    if (text !== undefined) parameters[parameter] = text;
  }
  for (const { parameter, canonical } of options) {
    const text = parameters[parameter];
    if (text !== undefined && canonical !== undefined) parameters[parameter] = await canonical(text);
  }
  parseParameters(job, parameters);
  return parameters;
}

function addOption(
  parameters: Record<string, string>,
  job: JobDefinition,
  { flags: spelling, parameter, value, absent }: ParameterOption,
  flags: ParameterFlags,
): void {
  const given = flags[attributeOf(spelling)];
  if (given === undefined || given === false) return;
  const isSwitch = value !== undefined;
  if (!isSwitch && Object.hasOwn(parameters, parameter)) {
    throw usageError(`${parameter} is given twice: by ${longFlag(spelling)} and by -p`);
  }
  if (absent !== undefined && !job.parameters.some(({ name }) => name === parameter)) {
    throw usageError(`job ${job.name} ${absent.problem}`, absent.hint);
  }
  parameters[parameter] = isSwitch ? value : String(given);
}
