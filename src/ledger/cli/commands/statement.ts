/** `settle ledger statement`: what happened to a user's points, entry by entry. */

import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import type { StatementLine } from '../../read-statement.ts';
import { ledgerGroup } from '../ledger-group.ts';

interface Flags extends GlobalFlags {
  readonly user: bigint;
  readonly json?: boolean;
}

export function registerLedgerStatement(cli: Cli): void {
  const { withDatabase, forOutput } = cli;
  const own = ledgerGroup(cli)
    .command('statement')
    .description("print a user's entries in order, with the balance after each")
    .requiredOption('--user <id>', 'id of the user', identifier('--user'))
    .option('--json', 'print one JSON array')
    .addHelpText(
      'after',
      '\nA user of whom the ledger has no entry is no error: exit code 0, a line on stderr, nothing (or []) on stdout.\n' +
        '\nExample:\n  settle ledger statement --user 7\n',
    )
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withDatabase(flags, async ({ database }) => {
        const { readStatement } = await import('../../read-statement.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const lines: StatementLine[] = [];
        for await (const line of readStatement(database, { type: 'user', ownerId: flags.user })) lines.push(line);
        if (lines.length === 0) {
          const { tell } = await import('../../../cli/errors.ts');
          tell(`the ledger knows no user ${flags.user}`);
        }
        if (flags.json) return await print((await import('../../../cli/output/json.ts')).formatJson(lines));
        if (lines.length === 0) return;
        const { formatCount } = await import('../../../cli/output/format.ts');
        const { formatTable } = await import('../../../cli/output/table.ts');
        const columns = [
          { header: 'entry' },
          { header: 'date' },
          { header: 'kind' },
          { header: 'points', align: 'right' as const },
          { header: 'balance', align: 'right' as const },
          { header: 'journal' },
          { header: 'reason' },
        ];
        const rows = lines.map(({ journalId, lineNo, businessDate, kind, amount, balance, key, reason }) => [
          `${journalId}.${lineNo}`,
          businessDate,
          kind,
          formatCount(amount),
          formatCount(balance),
          key,
          reason,
        ]);
        await print(formatTable(columns, rows));
      });
    });
  forOutput(own);
}
