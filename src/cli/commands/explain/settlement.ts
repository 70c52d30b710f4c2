/** `settle explain settlement`: why a video is paid what it is paid for a date. */
import type { Command } from 'commander';
import { identifier } from '../../arguments.ts';
import type { GlobalFlags } from '../../config.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly video: bigint;
  readonly json?: boolean;
}

export function registerExplainSettlement(explain: Command): void {
  explain
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
      const { withReadableDatabase } = await import('../../context.ts');
      await withReadableDatabase(flags, async ({ database }) => {
        const { explainSettlement } = await import('../../../jobs/video-settlement/explain-settlement.ts');
        const { print } = await import('../../output/stdout.ts');
        const explanation = await explainSettlement(database, date, flags.video);
        if (flags.json) await print((await import('../../output/json.ts')).formatJson(explanation));
        else {
          const { settlementExplanationText } = await import('../../output/settlement-explanation.ts');
          await print(settlementExplanationText(explanation));
        }
      });
    });
}
