/** `settle settlement`: what videos are paid in a day, week or month. */
import { Option } from 'commander';
import type { GlobalFlags } from '../config.ts';
import type { Cli } from '../program.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly period: 'day' | 'week' | 'month';
  readonly format: 'table' | 'csv' | 'json';
  readonly json?: boolean;
}

export function registerSettlement({ program }: Cli): void {
  program
    .command('settlement')
    .description('print what videos are paid in the day, ISO week or month that a date is in, adjustments included')
    .requiredOption('--date <date>', 'a date of the period, YYYY-MM-DD')
    .addOption(new Option('--period <period>', 'how much').choices(['day', 'week', 'month']).default('day'))
    .addOption(new Option('--format <format>', 'how it looks').choices(['table', 'csv', 'json']).default('table'))
    .option('--json', 'short for --format json')
    .addHelpText(
      'after',
      '\nExamples:\n  settle settlement --date 2026-11-20\n  settle settlement --date 2026-11-20 --period month --format csv\n',
    )
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const format = flags.json ? 'json' : flags.format;
      const { parseBusinessDate, periodOf } = await import('../../rules/business-time.ts');
      const period = periodOf(parseBusinessDate(flags.date), flags.period);
      const { withDatabase } = await import('../context.ts');
      await withDatabase(flags, async ({ database }) => {
        const { readSettlement } = await import('../../jobs/video-settlement/read-settlement.ts');
        const { print } = await import('../output/stdout.ts');
        const { settlementText } = await import('../output/settlement.ts');
        const rows = await readSettlement(database, period);
        for (const text of settlementText(format, period, rows)) await print(text);
      });
    });
}
