/** `settle explain balance`: why a user has the points that they have. */

import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { explainGroup } from '../../../cli/explain-group.ts';

interface Flags extends GlobalFlags {
  readonly user: bigint;
  readonly json?: boolean;
}

export function registerExplainBalance(cli: Cli): void {
  const { withReadableDatabase, forOutput } = cli;
  const own = explainGroup(cli)
    .command('balance')
    .description('what a user has: by kind of journal, open lots in the order they are taken, source rows')
    .requiredOption('--user <id>', 'id of the user', identifier('--user'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle explain balance --user 7\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withReadableDatabase(flags, async ({ database }) => {
        const { explainBalance } = await import('../../explain-balance.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const explanation = await explainBalance(database, flags.user);
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(explanation));
        else await print((await import('../output/balance-explanation.ts')).balanceExplanationText(explanation));
      });
    });
  forOutput(own);
}
