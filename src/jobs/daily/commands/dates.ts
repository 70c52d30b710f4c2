/** `settle dates`: a line for each business date, so that a missed or odd one is seen at once. */

import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

/** Dates of a list that names no start. */
const DATES_DEFAULT = 14;
const DATES_MAX = 3_660;

interface Flags extends GlobalFlags {
  readonly from?: string;
  readonly to?: string;
  readonly json?: boolean;
}

export function registerDates({ program, withReadableDatabase }: Cli): void {
  program
    .command('dates')
    .description('list business dates: missing, failed, settled, closed, with rows, won and run')
    .option('--from <date>', `first date (default: ${DATES_DEFAULT} dates up to --to)`)
    .option('--to <date>', 'last date (default: the last one that is over)')
    .option('--json', 'print a JSON array')
    .addHelpText('after', '\nExamples:\n  settle dates\n  settle dates --from 2026-11-01 --to 2026-11-30\n')
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { usageError } = await import('../../../errors.ts');
      const { addDays, businessDateOf, parseBusinessDate } = await import('../../../rules/business-time.ts');
      const given = (date: string | undefined) => (date === undefined ? undefined : parseBusinessDate(date));
      const [from, to] = [given(flags.from), given(flags.to)];
      await withReadableDatabase(flags, async ({ database, settings }) => {
        const now = new Date();
        const { readNewestZone } = await import('../../views/statistics/statistics-run.ts');
        const zone = (await readNewestZone(database.knex)) ?? settings.zone;
        const last = to ?? addDays(businessDateOf(now.getTime(), zone), -1);
        const first = from ?? addDays(last, 1 - DATES_DEFAULT);
        if (first > last) throw usageError(`--from ${first} is after --to ${last}`);
        if (addDays(first, DATES_MAX) < last) throw usageError(`more than ${DATES_MAX} dates`, 'name a shorter span');
        const { readDates } = await import('../read-dates.ts');
        const lines = await readDates(database, { from: first, to: last }, now, settings.zone);
        const { print } = await import('../../../cli/output/stdout.ts');
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(lines));
        else await print((await import('../output/dates-table.ts')).datesTable(lines));
      });
    });
}
