/** `settle settlement`: what videos are paid in a day, week or month. */

import type { Cli } from '../cli.ts';
import { addPeriodOptions, type PeriodFlags, periodOfFlags, printVideoTable } from '../period-command.ts';

export function registerSettlement({ program }: Cli): void {
  const command = program
    .command('settlement')
    .description('print what videos are paid in the day, ISO week or month that a date is in, adjustments included');
  addPeriodOptions(command)
    .addHelpText(
      'after',
      '\nExamples:\n  settle settlement --date 2026-11-20\n  settle settlement --date 2026-11-20 --period month --format csv\n',
    )
    .action(async () => {
      const flags: PeriodFlags = command.optsWithGlobals();
      const period = await periodOfFlags(flags);
      const { withReadableDatabase } = await import('../context.ts');
      await withReadableDatabase(flags, async ({ database }) => {
        const { listPricedDates, readSettlement } = await import('../../jobs/video-settlement/read-settlement.ts');
        const { settlementTable } = await import('../output/settlement.ts');
        const paid = await readSettlement(database, period);
        await printVideoTable(flags, settlementTable(period, paid));
        const { tellUnsettled } = await import('../tell-unsettled.ts');
        tellUnsettled(period, await listPricedDates(database.knex, period), paid.length > 0);
      });
    });
}
