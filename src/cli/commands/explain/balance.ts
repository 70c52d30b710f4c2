/** `settle explain balance`: why a user has the points that they have. */
import type { Command } from 'commander';
import { identifier } from '../../arguments.ts';
import type { GlobalFlags } from '../../config.ts';

interface Flags extends GlobalFlags {
  readonly user: bigint;
  readonly json?: boolean;
}

export function registerExplainBalance(explain: Command): void {
  explain
    .command('balance')
    .description('what a user has: by kind of journal, open lots in the order they are taken, source rows')
    .requiredOption('--user <id>', 'id of the user', identifier('--user'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle explain balance --user 7\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { withReadableDatabase } = await import('../../context.ts');
      await withReadableDatabase(flags, async ({ database }) => {
        const { explainBalance } = await import('../../../ledger/explain-balance.ts');
        const { print } = await import('../../output/stdout.ts');
        const explanation = await explainBalance(database, flags.user);
        if (flags.json) await print((await import('../../output/json.ts')).formatJson(explanation));
        else await print((await import('../../output/balance-explanation.ts')).balanceExplanationText(explanation));
      });
    });
}
