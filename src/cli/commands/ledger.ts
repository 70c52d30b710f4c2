/** `settle ledger WHAT`: reads, checks and corrects the ledger. One file a WHAT, in ledger/. */
import type { Cli } from '../cli.ts';
import { registerLedgerBalances } from './ledger/balances.ts';
import { registerLedgerPost } from './ledger/post.ts';
import { registerLedgerReverse } from './ledger/reverse.ts';
import { registerLedgerStatement } from './ledger/statement.ts';
import { registerLedgerVerify } from './ledger/verify.ts';

export function registerLedger(cli: Cli): void {
  const ledger = cli.program
    .command('ledger')
    .description('the points ledger: verify, balances, statement, post, reverse')
    .addHelpText('after', '\nExamples:\n  settle ledger verify\n  settle ledger statement --user 7\n');
  registerLedgerVerify(ledger, cli);
  registerLedgerBalances(ledger);
  registerLedgerStatement(ledger);
  registerLedgerPost(ledger, cli);
  registerLedgerReverse(ledger);
}
