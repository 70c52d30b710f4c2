/** `settle explain payout`: why a user got what out of a challenge. */

import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { explainGroup } from '../../../cli/explain-group.ts';

interface Flags extends GlobalFlags {
  readonly challenge: bigint;
  readonly user: bigint;
  readonly json?: boolean;
}

export function registerExplainPayout(cli: Cli): void {
  const { withReadableDatabase, forOutput } = cli;
  const own = explainGroup(cli)
    .command('payout')
    .description('what a user got out of a challenge: verdict, pot, fee, share, policy, run, journals, source rows')
    .requiredOption('--challenge <id>', 'id of the challenge', identifier('--challenge'))
    .requiredOption('--user <id>', 'id of the user', identifier('--user'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle explain payout --challenge 42 --user 7\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withReadableDatabase(flags, async ({ database }) => {
        const { explainPayout } = await import('../settlement/explain-payout.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const explanation = await explainPayout(database, flags.challenge, flags.user);
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(explanation));
        else await print((await import('../output/challenge.ts')).payoutExplanationText(explanation));
      });
    });
  forOutput(own);
}
