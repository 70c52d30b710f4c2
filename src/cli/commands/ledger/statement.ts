/** `settle ledger statement`: what happened to a user's points, entry by entry. */
import type { Command } from 'commander';
import type { StatementLine } from '../../../ledger/read-statement.ts';
import { identifier } from '../../arguments.ts';
import type { GlobalFlags } from '../../config.ts';

interface Flags extends GlobalFlags {
  readonly user: bigint;
  readonly json?: boolean;
}

export function registerLedgerStatement(ledger: Command): void {
  ledger
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
      const { withDatabase } = await import('../../context.ts');
      await withDatabase(flags, async ({ database }) => {
        const { readStatement } = await import('../../../ledger/read-statement.ts');
        const { print } = await import('../../output/stdout.ts');
        const lines: StatementLine[] = [];
        for await (const line of readStatement(database, { type: 'user', ownerId: flags.user })) lines.push(line);
        if (lines.length === 0) {
          const { tell } = await import('../../errors.ts');
          tell(`the ledger knows no user ${flags.user}`);
        }
        if (flags.json) return await print((await import('../../output/json.ts')).formatJson(lines));
        if (lines.length === 0) return;
        const { formatCount } = await import('../../output/format.ts');
        const { formatTable } = await import('../../output/table.ts');
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
}
