/** `settle explain payout`: why a user got what out of a challenge. */
import type { Command } from 'commander';
import { identifier } from '../../arguments.ts';
import type { GlobalFlags } from '../../config.ts';

interface Flags extends GlobalFlags {
  readonly challenge: bigint;
  readonly user: bigint;
  readonly json?: boolean;
}

export function registerExplainPayout(explain: Command): void {
  explain
    .command('payout')
    .description('what a user got out of a challenge: verdict, pot, fee, share, policy, run, journals, source rows')
    .requiredOption('--challenge <id>', 'id of the challenge', identifier('--challenge'))
    .requiredOption('--user <id>', 'id of the user', identifier('--user'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle explain payout --challenge 42 --user 7\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { withReadableDatabase } = await import('../../context.ts');
      await withReadableDatabase(flags, async ({ database }) => {
        const { explainPayout } = await import('../../../jobs/challenges/settlement/explain-payout.ts');
        const { print } = await import('../../output/stdout.ts');
        const explanation = await explainPayout(database, flags.challenge, flags.user);
        if (flags.json) await print((await import('../../output/json.ts')).formatJson(explanation));
        else await print((await import('../../output/challenge.ts')).payoutExplanationText(explanation));
      });
    });
}
