/** `settle ledger WHAT`: reads, checks and corrects the ledger. One file a WHAT. */
import type { Command } from 'commander';
import type { Cli } from '../../cli/cli.ts';

export function ledgerGroup({ group }: Pick<Cli, 'group'>): Command {
  return group(
    'ledger',
    'the points ledger: verify, balances, statement, post, reverse',
    '\nExamples:\n  settle ledger verify\n  settle ledger statement --user 7\n',
  );
}
