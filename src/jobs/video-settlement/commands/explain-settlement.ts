/** `settle explain settlement`: why a video is paid what it is paid for a date. */

import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { explainGroup } from '../../../cli/explain-group.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly video: bigint;
  readonly json?: boolean;
}

export function registerExplainSettlement(cli: Cli): void {
  const { withReadableDatabase, forOutput } = cli;
  const own = explainGroup(cli)
    .command('settlement')
    .description('what a video is paid for a date: counts, card, tiers, run, revisions, adjustments, source rows')
    .requiredOption('--date <date>', 'business date, YYYY-MM-DD')
    .requiredOption('--video <id>', 'id of the video', identifier('--video'))
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle explain settlement --date 2026-11-20 --video 17\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      await withReadableDatabase(flags, async ({ database }) => {
        const { explainSettlement } = await import('../explain-settlement.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const explanation = await explainSettlement(database, date, flags.video);
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(explanation));
        else {
          const { settlementExplanationText } = await import('../output/settlement-explanation.ts');
          await print(settlementExplanationText(explanation));
        }
      });
    });
  forOutput(own);
}
