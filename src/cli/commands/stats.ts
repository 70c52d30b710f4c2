/** `settle stats`: the statistics of a day, week or month, as a table, CSV or JSON. */
import { Option } from 'commander';
import { count } from '../arguments.ts';
import type { GlobalFlags } from '../config.ts';
import type { Cli } from '../program.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly period: 'day' | 'week' | 'month';
  readonly format: 'table' | 'csv' | 'json';
  readonly json?: boolean;
  readonly by: 'views' | 'play_seconds';
  readonly top?: number;
}

export function registerStats({ program }: Cli): void {
  program
    .command('stats')
    .description('print the statistics of the day, ISO week or month that a date is in')
    .requiredOption('--date <date>', 'a date of the period, YYYY-MM-DD')
    .addOption(new Option('--period <period>', 'how much').choices(['day', 'week', 'month']).default('day'))
    .addOption(new Option('--format <format>', 'how it looks').choices(['table', 'csv', 'json']).default('table'))
    .option('--json', 'short for --format json')
    .option('--top <n>', 'only the first n of the ranking (default: all, by video id)', count('--top'))
    .addOption(new Option('--by <metric>', 'what --top ranks by').choices(['views', 'play_seconds']).default('views'))
    .addHelpText(
      'after',
      '\nExamples:\n  settle stats --date 2026-11-20 --top 5\n  settle stats --date 2026-11-20 --period month --format csv\n',
    )
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const format = flags.json ? 'json' : flags.format;
      const { parseBusinessDate, periodOf } = await import('../../rules/business-time.ts');
      const period = periodOf(parseBusinessDate(flags.date), flags.period);
      const { withDatabase } = await import('../context.ts');
      await withDatabase(flags, async ({ database }) => {
        const { readStatistics } = await import('../../jobs/daily/read-statistics.ts');
        const { topVideos } = await import('../../rules/ranking.ts');
        const { print } = await import('../output/stdout.ts');
        const { statisticsText } = await import('../output/statistics.ts');
        const all = await readStatistics(database, period);
        const shown = flags.top === undefined ? all : topVideos(all, flags.by, flags.top);
        for (const text of statisticsText(
          format,
          period,
          shown,
          all.length,
          flags.top === undefined ? undefined : flags.by,
        ))
          await print(text);
      });
    });
}
