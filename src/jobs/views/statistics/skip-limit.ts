/** The limit of invalid rows: within a partition while it reads, so that it ends early, and over the date at its end. */
import type { JobParameters } from '../../../engine/parameters.ts';
import { SKIP_LIMIT } from '../../../engine/skip-policy.ts';
import { ExitCode, SettleError } from '../../../errors.ts';

export const skipLimitParameter = 'skip-limit';

/** @throws SettleError SKIP_LIMIT (exit code 1) when the date has more invalid rows than the parameter allows. */
export function requireSkipLimit(parameters: JobParameters, invalid: number): void {
  const limit = parameters.get(skipLimitParameter);
  if (limit === undefined || invalid <= Number(limit)) return;
  throw new SettleError(
    SKIP_LIMIT,
    ExitCode.failed,
    `the date has ${invalid} invalid rows or more, and the skip limit is ${limit}: nothing was published`,
    {
      hint:
        `accept them with a higher -p ${skipLimitParameter}=N; or correct them, abandon this execution, and run the ` +
        'date with --rerun',
    },
  );
}
