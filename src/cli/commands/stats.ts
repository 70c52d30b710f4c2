/** `settle stats`: the statistics of a day, week or month, as a table, CSV or JSON. */
import { Option } from 'commander';
import { count } from '../arguments.ts';
import type { Cli } from '../cli.ts';
import { addPeriodOptions, type PeriodFlags, periodOfFlags, printVideoTable } from '../period-command.ts';

interface Flags extends PeriodFlags {
  readonly by: 'views' | 'play_seconds';
  readonly top?: number;
}

export function registerStats({ program }: Cli): void {
  const command = program
    .command('stats')
    .description('print the statistics of the day, ISO week or month that a date is in');
  addPeriodOptions(command)
    .option('--top <n>', 'only the first n of the ranking (default: all, by video id)', count('--top'))
    .addOption(new Option('--by <metric>', 'what --top ranks by').choices(['views', 'play_seconds']).default('views'))
    .addHelpText(
      'after',
      '\nExamples:\n  settle stats --date 2026-11-20 --top 5\n  settle stats --date 2026-11-20 --period month --format csv\n',
    )
    .action(async () => {
      const flags: Flags = command.optsWithGlobals();
      const period = await periodOfFlags(flags);
      const { withReadableDatabase } = await import('../context.ts');
      await withReadableDatabase(flags, async ({ database }) => {
        const { listSettledDates, readStatistics } = await import('../../jobs/views/statistics/read-statistics.ts');
        const { topVideos } = await import('../../jobs/views/rules/ranking.ts');
        const { statisticsTable } = await import('../output/statistics.ts');
        const all = await readStatistics(database, period);
        const { by, top } = flags;
        const [shown, rankedBy] = top === undefined ? [all, undefined] : [topVideos(all, by, top), by];
        await printVideoTable(flags, statisticsTable(period, shown, all.length, rankedBy));
        const { tellUnsettled } = await import('../tell-unsettled.ts');
        tellUnsettled(period, await listSettledDates(database.knex, period), all.length > 0);
      });
    });
}
