/** `settle verify`: recomputes a date from the log by an independent, plain way and compares. */

import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { ExitCode } from '../../../errors.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly zone?: string;
  readonly json?: boolean;
}

export function registerVerify({ program, exit, withDatabase }: Cli): void {
  program
    .command('verify')
    .description('recompute a date from the log by an independent way and compare; exit 20 when it differs')
    .requiredOption('--date <date>', 'business date, YYYY-MM-DD')
    .option('--zone <zone>', 'IANA time zone of the business date (default: the one it was settled with)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle verify --date 2026-11-20\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate, requireZone } = await import('../../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      const zone = flags.zone === undefined ? undefined : requireZone(flags.zone);
      await withDatabase(flags, async ({ database }) => {
        const { verifyDate } = await import('../statistics/verify.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const result = await verifyDate(database, { date, zone });
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson({ date, ...result }));
        else {
          const { verificationText } = await import('../output/verification.ts');
          await print(verificationText(date, result));
        }
        if (!result.equal) exit(ExitCode.invariantBroken);
      });
    });
}
