/** `settle reprice`: settles dates again whose rate card has been replaced; closed ones get adjustments. */

import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

const LAST_DATE = '9998-12-31';

interface Flags extends GlobalFlags {
  readonly from: string;
  readonly to?: string;
  readonly json?: boolean;
  readonly forceUnfit?: boolean;
}

export function registerReprice({ program, exit, withDatabase, forceOption, startsJob }: Cli): void {
  const command = program
    .command('reprice')
    .description('price settled dates again by the card that is in force by now; closed ones by adjustments')
    .requiredOption('--from <date>', 'first date, YYYY-MM-DD')
    .option('--to <date>', 'last date (default: the last settled one)')
    .addOption(forceOption())
    .option('--json', 'print one JSON object a date')
    .addHelpText(
      'after',
      '\nExample:\n  settle import rates corrected.json --correct-closed --yes\n  settle reprice --from 2026-11-01\n',
    )
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const period = { from: parseBusinessDate(flags.from), to: parseBusinessDate(flags.to ?? LAST_DATE) };
      await withDatabase(flags, async (context) => {
        const { datesToReprice } = await import('../dates-to-reprice.ts');
        const dates = await datesToReprice(context.database, period);
        const { tell } = await import('../../../cli/errors.ts');
        if (dates.length === 0) return tell('every settled date has the prices of its card; nothing was done');
        const { videoSettlementJob } = await import('../definition.ts');
        const { executeJob } = await import('../../../cli/execute-job.ts');
        for (const date of dates) {
          const code = await executeJob(
            context,
            videoSettlementJob,
            { date },
            {
              json: flags.json,
              rerun: true,
              forceUnfit: flags.forceUnfit,
            },
          );
          if (code === 0) continue;
          // Later dates are priced over what this one leaves behind.
          tell(
            `${date} ended with exit code ${code}; later dates were not priced again`,
            `\`settle reprice --from ${date}\``,
          );
          return exit(code);
        }
      });
    });
  startsJob(command, () => ({ job: 'video-settlement' }));
}
