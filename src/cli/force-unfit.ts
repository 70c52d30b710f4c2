/** The switch that starts a job although what it needs is known to be unfit. */
import { Option } from 'commander';
import type { JobDefinition } from '../engine/job.ts';
import { isSettleError } from '../errors.ts';
import type { CommandContext } from './command-context.ts';
import { tell } from './errors.ts';
import type { ForceOption, PlatformOptions } from './platform-options.ts';

const DEFAULT: ForceOption = {
  flags: '--force',
  description: 'start although what the job needs is known to be unfit',
  told: 'it is started nevertheless',
};

export interface ForceFlags {
  readonly forceUnfit?: boolean;
}

/** However the platform calls it, it is `forceUnfit` among the flags of a command. */
export function forceOption({ force = DEFAULT }: PlatformOptions): Option {
  const option = new Option(force.flags, force.description);
  option.attributeName = () => 'forceUnfit';
  return option;
}

/** @throws SettleError when what the job needs is known to be unfit; with the switch it is only told */
export async function requireFit(
  { database, registry }: Pick<CommandContext, 'database' | 'registry'>,
  job: Pick<JobDefinition, 'requireFit' | 'requireHost'>,
  { forceUnfit }: ForceFlags,
): Promise<void> {
  await job.requireHost?.(database);
  try {
    await job.requireFit?.(database);
  } catch (error) {
    if (forceUnfit !== true || !isSettleError(error)) throw error;
    const { flags, told } = registry.options.force ?? DEFAULT;
    tell(`${flags}: ${error.message}; ${told}`);
  }
}
