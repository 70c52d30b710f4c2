/** `settle close`: closes a settled date, so that what comes late is booked in an open one. */

import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly json?: boolean;
  readonly forceUnfit?: boolean;
}

export function registerClose({ program, withDatabase, forceOption }: Cli): void {
  program
    .command('close')
    .description('close a settled date: late rows become adjustments in the next open date')
    .requiredOption('--date <date>', 'business date, YYYY-MM-DD')
    .addOption(forceOption())
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle close --date 2026-11-20\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      await withDatabase(flags, async (context) => {
        const { database } = context;
        const { withLedgerHead } = await import('../../../ledger/cli/ledger-head.ts');
        const { closeDate } = await import('../close-date.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const { requireSettledAfterEnd } = await import('../../daily/review-completed.ts');
        await requireSettledAfterEnd(database, date);
        const { requireFit } = await import('../../../cli/force-unfit.ts');
        const { requireFitLedger } = await import('../../points/fit-ledger.ts');
        await requireFit(context, { requireFit: requireFitLedger }, flags);
        const closed = await withLedgerHead(context, () => closeDate(database, date));
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(closed));
        else await print(`${date}: closed ${closed.wasClosedBefore ? 'before' : 'now'} (${closed.closedAt} UTC)\n`);
      });
    });
}
