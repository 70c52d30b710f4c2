/** `settle ledger reverse`: corrects a journal by its opposite. */
import type { Cli } from '../../../cli/cli.ts';
import { type GlobalFlags, loadSettings } from '../../../cli/config.ts';
import { usageError } from '../../../errors.ts';
import { ledgerGroup } from '../ledger-group.ts';

interface Flags extends GlobalFlags {
  readonly reason: string;
  readonly date?: string;
  readonly json?: boolean;
}

export function registerLedgerReverse(cli: Cli): void {
  const { withDatabase } = cli;
  ledgerGroup(cli)
    .command('reverse')
    .description('post the opposite of a journal, once; points go back to the lots that they came from')
    .argument('<key>', 'key of the journal')
    .requiredOption('--reason <reason>', 'why; kept with the reversal')
    .option('--date <date>', 'business date of the reversal, YYYY-MM-DD (default: today)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle ledger reverse grant-2026-17 --reason "granted twice"\n')
    .action(async (key: string, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      if (flags.reason.trim() === '') throw usageError('--reason must say something');
      const { businessDateOf, parseBusinessDate, requireZone } = await import('../../../rules/business-time.ts');
      const zone = requireZone((await loadSettings(flags)).zone);
      await withDatabase(flags, async (context) => {
        const { database } = context;
        const { withLedgerHead } = await import('../ledger-head.ts');
        const { reverseJournal } = await import('../../reverse-journal.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const businessDate =
          flags.date === undefined ? businessDateOf(Date.now(), zone) : parseBusinessDate(flags.date);
        const request = { key, reason: flags.reason, businessDate };
        const posted = await withLedgerHead(context, () =>
          database.transaction((tx) => reverseJournal({ database, tx }, request)),
        );
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(posted));
        else await print(`${posted.key}: journal ${posted.id}${posted.isNew ? '' : ', posted before'}\n`);
      });
    });
}
