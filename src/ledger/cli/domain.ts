/** The points ledger as the command line has it. Its head leaves the database after every run that has moved it. */
import type { Domain } from '../../cli/domain.ts';
import { registerLedgerBalances } from './commands/balances.ts';
import { registerExplainBalance } from './commands/explain-balance.ts';
import { registerLedgerReverse } from './commands/reverse.ts';
import { registerLedgerStatement } from './commands/statement.ts';
import { registerLedgerVerify } from './commands/verify.ts';

export const ledgerDomain: Domain = {
  name: 'ledger',
  register(cli) {
    registerLedgerVerify(cli);
    registerLedgerBalances(cli);
    registerLedgerStatement(cli);
    registerLedgerReverse(cli);
    registerExplainBalance(cli);
  },
  health: async () => (await import('./checks/health.ts')).ledgerHealth,
  async watchRun(context) {
    const { watchLedgerHead } = await import('./ledger-head.ts');
    const watch = await watchLedgerHead(context);
    return {
      async end() {
        const ledgerHead = await watch.noteMoved();
        const { publishMoved } = await import('./publish-moved.ts');
        await publishMoved(context);
        return ledgerHead === undefined ? undefined : { ledgerHead };
      },
    };
  },
};
