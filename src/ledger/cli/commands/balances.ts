/** `settle ledger balances`: what every user has. */

import { Option } from 'commander';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { ledgerGroup } from '../ledger-group.ts';

interface Flags extends GlobalFlags {
  readonly format: 'csv' | 'json';
  readonly json?: boolean;
}

const LINES_A_WRITE = 1_000;

export function registerLedgerBalances(cli: Cli): void {
  const { withDatabase, forOutput } = cli;
  const own = ledgerGroup(cli)
    .command('balances')
    .description('print the balance of every user, by user id')
    .addOption(
      new Option('--format <format>', 'csv, or json: one object a line').choices(['csv', 'json']).default('csv'),
    )
    .option('--json', 'short for --format json')
    .addHelpText('after', '\nExample:\n  settle ledger balances --format csv > balances.csv\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withDatabase(flags, async ({ database }) => {
        const { readUserBalances } = await import('../../read-statement.ts');
        const { print, printingIsVain } = await import('../../../cli/output/stdout.ts');
        const isCsv = flags.format === 'csv' && !flags.json;
        let lines: string[] = isCsv ? ['user_id,balance\n'] : [];
        for await (const { userId, balance } of readUserBalances(database)) {
          lines.push(isCsv ? `${userId},${balance}\n` : `{"user_id":${userId},"balance":${balance}}\n`);
          if (lines.length < LINES_A_WRITE) continue;
          await print(lines.join(''));
          if (printingIsVain()) return;
          lines = [];
        }
        await print(lines.join(''));
      });
    });
  forOutput(own);
}
