/** `settle stats`: the statistics of a day, week or month, as a table, CSV or JSON. */
import { Option } from 'commander';
import { count } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import { addPeriodOptions, type PeriodFlags, periodOfFlags, printVideoTable } from '../../period/period-command.ts';

interface Flags extends PeriodFlags {
  readonly by: 'views' | 'play_seconds';
  readonly top?: number;
}

export function registerStats({ program, withReadableDatabase, forOutput }: Cli): void {
  const command = program
    .command('stats')
    .description('print the statistics of the day, ISO week or month that a date is in');
  forOutput(addPeriodOptions(command))
    .option('--top <n>', 'only the first n of the ranking (default: all, by video id)', count('--top'))
    .addOption(new Option('--by <metric>', 'what --top ranks by').choices(['views', 'play_seconds']).default('views'))
    .addHelpText(
      'after',
      '\nExamples:\n  settle stats --date 2026-11-20 --top 5\n  settle stats --date 2026-11-20 --period month --format csv\n',
    )
    .action(async () => {
      const flags: Flags = command.optsWithGlobals();
      const period = await periodOfFlags(flags);
      await withReadableDatabase(flags, async (context) => {
        const { database } = context;
        const { listSettledDates, readStatistics } = await import('../statistics/read-statistics.ts');
        const { topVideos } = await import('../rules/ranking.ts');
        const { statisticsTable } = await import('../output/statistics.ts');
        const all = await readStatistics(database, period);
        const { by, top } = flags;
        const [shown, rankedBy] = top === undefined ? [all, undefined] : [topVideos(all, by, top), by];
        await printVideoTable(flags, statisticsTable(period, shown, all.length, rankedBy));
        const { tellUnsettled } = await import('../../period/tell-unsettled.ts');
        await tellUnsettled(context, period, await listSettledDates(database.knex, period), all.length > 0);
      });
    });
}
