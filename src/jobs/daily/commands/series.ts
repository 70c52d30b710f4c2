/** `settle backfill` and `settle catch-up`: many dates by one command. */
import type { Command } from 'commander';
import { count } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { CommandContext } from '../../../cli/command-context.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import type { SeriesFlags } from '../../../cli/series/run-series.ts';
import type { DueDate } from '../missed-dates.ts';

interface Flags extends GlobalFlags, SeriesFlags {
  readonly from?: string;
  readonly to?: string;
  readonly until?: string;
  readonly maxDays?: number;
  readonly zone?: string;
  readonly dryRun?: boolean;
}

export function registerSeries(cli: Cli): void {
  const { program } = cli;
  const backfill = program
    .command('backfill')
    .description('settle every date of a span: statistics side by side, what depends on the day before in order')
    .requiredOption('--from <date>', 'first date')
    .requiredOption('--to <date>', 'last date');
  finish(cli, backfill, 'backfill', async ({ from = '', to = '' }) => {
    const { parseBusinessDate } = await import('../../../rules/business-time.ts');
    const span = { from: parseBusinessDate(from), to: parseBusinessDate(to) };
    const { datesOfSpan } = await import('../missed-dates.ts');
    const dates = datesOfSpan(span.from, span.to);
    return async () => dates.map((date) => ({ date }));
  });
  const catchUp = program
    .command('catch-up')
    .description('settle the dates that are not complete, from the oldest on')
    .option('--from <date>', 'first date to look at (default: the oldest that was ever settled)')
    .option('--until <date>', 'last date (default: the last one that is over)')
    .option('--max-days <n>', 'dates at most; the next start goes on (default: all)', count('--max-days'));
  finish(cli, catchUp, 'catch-up', async ({ from, until, maxDays }) => {
    const { parseBusinessDate } = await import('../../../rules/business-time.ts');
    const given = (date: string | undefined) => (date === undefined ? undefined : parseBusinessDate(date));
    const [first, last] = [given(from), given(until)];
    return async ({ database }, zone) => {
      const { findMissedDates, lastDateOver } = await import('../missed-dates.ts');
      const now = new Date();
      const to = last ?? lastDateOver(zone, now);
      const { missed, abandoned } = await findMissedDates(database, { from: first, to }, now, zone);
      const { tell } = await import('../../../cli/errors.ts');
      if (abandoned.length > 0) tell(`abandoned, and left as they are: ${abandoned.join(', ')}`);
      const dates = missed.slice(0, maxDays);
      if (dates.length < missed.length) tell(`${missed.length - dates.length} more dates are left to the next start`);
      return dates;
    };
  });
}

type DatesOf = (context: CommandContext, zone: string) => Promise<readonly DueDate[]>;

/** What both have: their options, and what they do with the dates. */
function finish(
  { startsJob, exit, withDatabase, forceOption }: Cli,
  command: Command,
  name: string,
  datesOf: (flags: Flags) => Promise<DatesOf>,
): void {
  const example = {
    backfill:
      '  settle backfill --from 2026-10-01 --to 2026-10-31 --parallel 4\n  settle backfill --from 2026-10-01 --to 2026-10-31 --dry-run\n',
    'catch-up': '  settle catch-up\n  settle catch-up --until 2026-11-20 --max-days 7\n',
  }[name];
  command
    .option('--zone <zone>', 'IANA time zone of the business dates (default: Asia/Seoul)')
    .option('--parallel <n>', 'dates at a time (default: one for each worker, at least 2)', count('--parallel'))
    .option('--workers <n>', 'worker threads of all dates together (default: number of cores)', count('--workers'))
    .option('--dry-run', 'print the dates, what is known of them, and the cost; nothing is settled')
    .addOption(forceOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText('after', `\nExamples:\n${example}`)
    .action(async () => {
      const flags: Flags = command.optsWithGlobals();
      const find = await datesOf(flags);
      await withDatabase(flags, async (context) => {
        const { jobParameters } = await import('../../../cli/job-parameters.ts');
        const { dailyJob } = await import('../definition.ts');
        const { requireZone } = await import('../../../rules/business-time.ts');
        const { readNewestZone } = await import('../../views/statistics/statistics-run.ts');
        // What was missed belongs between what was settled.
        const newest = name === 'catch-up' ? await readNewestZone(context.database.knex) : undefined;
        const likely = requireZone(flags.zone ?? newest ?? context.settings.zone);
        const runs = [];
        for (const { date, zone: own } of await find(context, likely)) {
          // A date that was begun goes on in its own zone.
          const zone = flags.zone === undefined ? (own ?? likely) : likely;
          runs.push({ date, parameters: await jobParameters(context, dailyJob, { date, zone }) });
        }
        if (flags.dryRun)
          return exit(await (await import('../series-plan.ts')).printSeriesPlan(context, dailyJob, runs, flags));
        const { executeSeries } = await import('../../../cli/series/run-series.ts');
        exit(await executeSeries(context, dailyJob, runs, flags));
      });
    });
  startsJob(command, () => ({ job: 'daily' }));
}
