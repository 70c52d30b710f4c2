/** `settle rates`: the rate cards there are, and which dates each prices. */

import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

interface Flags extends GlobalFlags {
  readonly json?: boolean;
}

export function registerRates({ program, withReadableDatabase }: Cli): void {
  program
    .command('rates')
    .description('list the rate cards, in the order in which they price')
    .option('--json', 'print a JSON array')
    .addHelpText('after', '\nExample:\n  settle rates\n')
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withReadableDatabase(flags, async ({ database }) => {
        const { listRateCards } = await import('../rate-card-store.ts');
        const { rateCardText } = await import('../rules/rate-card.ts');
        const cards = (await listRateCards(database.knex)).sort((a, b) => {
          const [from, other] = [a.card.effectiveFrom, b.card.effectiveFrom];
          return from === other ? a.cardNo - b.cardNo : from < other ? -1 : 1;
        });
        const { print } = await import('../../../cli/output/stdout.ts');
        if (flags.json) {
          const { formatJson } = await import('../../../cli/output/json.ts');
          const shown = cards.map(({ cardNo, card, digest }) => ({
            cardNo,
            digest,
            ...(JSON.parse(rateCardText(card)) as object),
          }));
          return await print(formatJson(shown));
        }
        await print((await import('../output/rates-table.ts')).ratesTable(cards));
      });
    });
}
