/** `settle payments`: the classes of a date's orders and approvals. */
import { Option } from 'commander';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

/** Items of a class that are listed; scripts get all of them. */
const ITEMS_SHOWN = 20;
const ITEMS_MAX = 1_000_000;

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly asOf?: string;
  readonly format: 'table' | 'csv' | 'json';
  readonly json?: boolean;
}

export function registerPayments({ program, withReadableDatabase, forOutput }: Cli): void {
  const own = program
    .command('payments')
    .description("print the classes of a date's orders and approvals, and those that a person looks at")
    .requiredOption('--date <date>', 'business date, YYYY-MM-DD')
    .option('--as-of <date>', 'as the runs up to this date found them (default: the run of the date itself)')
    .addOption(new Option('--format <format>', 'how it looks').choices(['table', 'csv', 'json']).default('table'))
    .option('--json', 'short for --format json')
    .addHelpText(
      'after',
      '\nExamples:\n  settle payments --date 2026-11-20\n  settle payments --date 2026-11-20 --format csv\n  settle payments --date 2026-11-20 --as-of 2026-11-22\n',
    )
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      const asOf = parseBusinessDate(flags.asOf ?? flags.date);
      await withReadableDatabase(flags, async (context) => {
        const { database } = context;
        const { readPayments } = await import('../read-payments.ts');
        const output = await import('../output/payments.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const format = flags.json ? 'json' : flags.format;
        const view = await readPayments(database, date, asOf, format === 'json' ? ITEMS_MAX : ITEMS_SHOWN);
        if (format === 'csv') await print(output.paymentsCsv(view));
        else if (format === 'json') await print(output.paymentsJson(view));
        else await print(output.paymentsText(view));
        if (view.run !== undefined) return;
        const { tell } = await import('../../../cli/errors.ts');
        const { startHint } = await import('../../period/start-hint.ts');
        const hint = await startHint(context, date, 'settle run payment-reconciliation', 'reconciles them');
        tell(`payments of ${date} are not reconciled`, hint);
      });
    });
  forOutput(own);
}
