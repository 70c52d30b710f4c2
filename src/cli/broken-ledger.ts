/** `--force-broken-ledger`: leave to move money on a ledger that `settle ledger verify` has found broken. */
import { Option } from 'commander';
import type { JobDefinition } from '../engine/job.ts';
import { isSettleError } from '../errors.ts';
import type { CommandContext } from './context.ts';
import { tell } from './errors.ts';

export function forceBrokenLedgerOption(): Option {
  return new Option(
    '--force-broken-ledger',
    'move money although the last `settle ledger verify` found the ledger broken',
  );
}

/** @throws SettleError (exit 20) when what the job needs is known to be unfit; with the flag it is only told */
export async function requireFit(
  { database }: Pick<CommandContext, 'database'>,
  job: Pick<JobDefinition, 'requireFit'>,
  flags: { readonly forceBrokenLedger?: boolean },
): Promise<void> {
  try {
    await job.requireFit?.(database);
  } catch (error) {
    if (flags.forceBrokenLedger !== true || !isSettleError(error)) throw error;
    tell(`--force-broken-ledger: ${error.message}; it is moved nevertheless`);
  }
}
