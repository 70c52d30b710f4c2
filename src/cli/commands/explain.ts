/** `settle explain WHAT`: takes a number back to its rows and rules. One file a WHAT, in explain/. */
import type { Cli } from '../cli.ts';
import { registerExplainBalance } from './explain/balance.ts';
import { registerExplainPayout } from './explain/payout.ts';
import { registerExplainSettlement } from './explain/settlement.ts';

export function registerExplain({ program }: Cli): void {
  const explain = program
    .command('explain')
    .description('take a number back to its rows and rules')
    .addHelpText('after', '\nExample:\n  settle explain settlement --date 2026-11-20 --video 17\n');
  registerExplainSettlement(explain);
  registerExplainPayout(explain);
  registerExplainBalance(explain);
}
