/** `settle challenge show`: a challenge with its members, verdicts, shares and journals. */
import { identifier } from '../arguments.ts';
import type { Cli } from '../program.ts';

export function registerChallenge({ program }: Cli): void {
  const challenge = program
    .command('challenge')
    .description('look at challenges')
    .addHelpText('after', '\nExample:\n  settle challenge show 42 --json\n');
  challenge
    .command('show')
    .description('show one challenge: inputs, verdicts, pot, fee, floors, fractions, extra points, payouts, journals')
    .argument('<id>', 'id of the challenge', identifier('id'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle challenge show 42 --json\n')
    .action(async (id: bigint, flags: { json?: boolean }, command) => {
      const { withDatabase } = await import('../context.ts');
      await withDatabase(command.optsWithGlobals(), async ({ database }) => {
        const { readChallenge } = await import('../../jobs/challenge-settlement/read-challenge.ts');
        const { print } = await import('../output/stdout.ts');
        const view = await readChallenge(database, id);
        if (flags.json) await print((await import('../output/json.ts')).formatJson(view));
        else await print((await import('../output/challenge.ts')).challengeText(view));
      });
    });
}
