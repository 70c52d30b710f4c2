/** `settle views online`: what posted views were told, beside the night's verdicts. */
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly json?: boolean;
}

export function registerOnlineViews({ group, withReadableDatabase, forOutput }: Cli): void {
  const command = group('views', 'what became of the views of a date')
    .command('online')
    .description('compare what posted views were told at once with what the night says of them')
    .requiredOption('--date <date>', 'business date, YYYY-MM-DD')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle views online --date 2026-11-20\n')
    .action(async () => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      await withReadableDatabase(flags, async ({ database }) => {
        const { compareOnline } = await import('../online/compare-online.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const found = await compareOnline(database, date);
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(found));
        else await print((await import('../output/online-comparison.ts')).onlineComparisonText(found));
      });
    });
  forOutput(command);
}
