/** `settle settlement`: what videos are paid in a day, week or month. */

import type { Cli } from '../../../cli/cli.ts';
import { addPeriodOptions, type PeriodFlags, periodOfFlags, printVideoTable } from '../../period/period-command.ts';
import type { Reversal } from '../reversals.ts';

const REVERSALS_SHOWN_MAX = 10;

export function registerSettlement({ program, withReadableDatabase, forOutput }: Cli): void {
  const command = program
    .command('settlement')
    .description('print what videos are paid in the day, ISO week or month that a date is in, adjustments included');
  forOutput(addPeriodOptions(command))
    .addHelpText(
      'after',
      '\nExamples:\n  settle settlement --date 2026-11-20\n  settle settlement --date 2026-11-20 --period month --format csv\n',
    )
    .action(async () => {
      const flags: PeriodFlags = command.optsWithGlobals();
      const period = await periodOfFlags(flags);
      await withReadableDatabase(flags, async (context) => {
        const { database } = context;
        const { listPricedDates, readSettlement } = await import('../read-settlement.ts');
        const { settlementTable } = await import('../output/settlement.ts');
        const paid = await readSettlement(database, period);
        const { readReversals } = await import('../reversals.ts');
        const reversals = await readReversals(database.knex, period);
        await printVideoTable(flags, settlementTable(period, paid, reversals));
        await tellReversals(reversals);
        const { tellUnsettled } = await import('../../period/tell-unsettled.ts');
        await tellUnsettled(context, period, await listPricedDates(database.knex, period), paid.length > 0);
      });
    });
}

/** On stderr: the settlement says what the date paid, the ledger what was taken back of it. */
async function tellReversals(reversals: readonly Reversal[]): Promise<void> {
  if (reversals.length === 0) return;
  const { tell } = await import('../../../cli/errors.ts');
  const { reversalText } = await import('../output/settlement.ts');
  for (const one of reversals.slice(0, REVERSALS_SHOWN_MAX)) tell(`reversed: ${one.journalKey}: ${reversalText(one)}`);
  const rest = reversals.length - REVERSALS_SHOWN_MAX;
  if (rest > 0) tell(`reversed: ${rest} more`, '--format json has all');
}
