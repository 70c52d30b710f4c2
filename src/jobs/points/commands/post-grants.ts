/** `settle ledger post`: grants points from a CSV file. Restartable: a file that was cut short is continued. */

import type { Cli } from '../../../cli/cli.ts';
import { type GlobalFlags, loadSettings } from '../../../cli/config.ts';
import type { RunFlags } from '../../../cli/execute-job.ts';
import { ledgerGroup } from '../../../ledger/cli/ledger-group.ts';
import {
  ignoreColumnsOption,
  nullOption,
  type ReadingFlags,
  requireReadingFlags,
  timeUnitOption,
} from '../../import/commands/reading-options.ts';

interface Flags extends GlobalFlags, RunFlags, ReadingFlags {
  readonly map?: string;
  readonly zone?: string;
  readonly encoding?: string;
  readonly allowPartialLastLine?: boolean;
}

export function registerPostGrants(cli: Cli): void {
  const { exit, forceOption, withDatabase } = cli;
  const command = ledgerGroup(cli)
    .command('post')
    .description('grant points from a CSV: key,user_id,amount,granted_at,expires_at,reason (expires_at may be empty)')
    .argument('<file>', 'path of the file or pipe, plain or gzip, or - for stdin')
    .option('--map <columns>', 'columns of other names: ours=theirs,...')
    .option('--zone <zone>', 'IANA time zone of times that name none (default: UTC)')
    .addOption(timeUnitOption())
    .addOption(nullOption())
    .addOption(ignoreColumnsOption())
    .option(
      '--encoding <name>',
      'utf-8, utf-16, utf-16le, utf-16be, cp949, windows-1252 or iso-8859-1 (default: utf-8)',
    )
    .option('--allow-partial-last-line', 'take a last line without a line end, which may be cut off')
    .addOption(forceOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      '\nA key is posted once: a grant that is there already is passed over. Lines that are no grants are set aside, the\n' +
        'others are posted, and the exit code is 3: `settle skipped ID` lists them.\n\nExample:\n  settle ledger post grants.csv\n',
    )
    .action(async (file: string, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      await requireReadingFlags('grants', flags);
      const { requireZone } = await import('../../../rules/business-time.ts');
      const dayZone = requireZone((await loadSettings(flags)).zone);
      const { importJob } = await import('../../import/import-job.ts');
      const job = importJob('grants');
      await withDatabase(flags, async (context) => {
        const { importParameters } = await import('../../import/import-parameters.ts');
        const { executeJob } = await import('../../../cli/execute-job.ts');
        const { stopSignal } = await import('../../../cli/stop-signal.ts');
        const { map, zone, timeUnit, null: nulls, ignoreColumns, encoding, allowPartialLastLine } = flags;
        const reading = { timeUnit, nulls, ignoreColumns, encoding, allowPartialLastLine, signal: stopSignal() };
        const request = await importParameters('grants', { file, map, zone, dayZone, ...reading });
        try {
          exit(await executeJob(context, job, request.parameters, flags));
        } finally {
          await request.dispose();
        }
      });
    });
  cli.startsJob(command, () => ({ job: 'import-grants' }));
}
