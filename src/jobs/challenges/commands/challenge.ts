/** `settle challenge show`: a challenge with its members, verdicts, shares and journals. */
import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';

/** As text: what a person reads; scripts get all of them. */
const MEMBERS_SHOWN = 100;

export function registerChallenge({ program, withReadableDatabase, forOutput }: Cli): void {
  const challenge = program
    .command('challenge')
    .description('look at challenges')
    .addHelpText('after', '\nExample:\n  settle challenge show 42 --json\n');
  const own = challenge
    .command('show')
    .description('show one challenge: inputs, verdicts, pot, fee, floors, fractions, extra points, payouts, journals')
    .argument('<id>', 'id of the challenge', identifier('id'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle challenge show 42 --json\n')
    .action(async (id: bigint, flags: { json?: boolean }, command) => {
      await withReadableDatabase(command.optsWithGlobals(), async ({ database }) => {
        const { pageMemberViews, readChallenge } = await import('../settlement/read-challenge.ts');
        const output = await import('../output/challenge.ts');
        const { print, printingIsVain } = await import('../../../cli/output/stdout.ts');
        const view = await readChallenge(database, id);
        const pages = pageMemberViews(database, id);
        if (flags.json) {
          const { before, after } = output.challengeJsonFrame(view);
          await print(before);
          let isFirst = true;
          for await (const page of pages) {
            await print(output.membersJson(page, isFirst));
            if (printingIsVain()) return;
            isFirst = false;
          }
          await print(after);
          return;
        }
        await print(output.challengeText(view));
        const { value: members = [] } = await pages.next();
        if (members.length > 0) {
          const shown = members.slice(0, MEMBERS_SHOWN);
          await print(`\n${output.membersText(id, shown, shown.length < members.length)}`);
        }
      });
    });
  forOutput(own);
}
