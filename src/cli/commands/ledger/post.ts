/** `settle ledger post`: grants points from a CSV file. */
import type { Command } from 'commander';
import { type GlobalFlags, loadSettings } from '../../config.ts';

interface Flags extends GlobalFlags {
  readonly zone?: string;
  readonly json?: boolean;
}

export function registerLedgerPost(ledger: Command): void {
  ledger
    .command('post')
    .description('grant points from a CSV: key,user_id,amount,granted_at,expires_at,reason (expires_at may be empty)')
    .argument('<file>', 'path of the file')
    .option('--zone <zone>', 'IANA time zone of times that name none (default: UTC)')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nA key is posted once: the same file again posts only what is missing.\n\nExample:\n  settle ledger post grants.csv\n',
    )
    .action(async (file: string, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { requireZone } = await import('../../../rules/business-time.ts');
      const times = flags.zone === undefined ? undefined : requireZone(flags.zone);
      const day = requireZone(loadSettings(flags).zone);
      const { withDatabase } = await import('../../context.ts');
      await withDatabase(flags, async ({ database }) => {
        const { postGrants } = await import('../../../jobs/grants/post-grants.ts');
        const { print } = await import('../../output/stdout.ts');
        const result = await postGrants(database, file, { day, times });
        if (flags.json) return await print((await import('../../output/json.ts')).formatJson(result));
        const { formatCount } = await import('../../output/format.ts');
        const { lines, posted, points } = result;
        await print(
          `${formatCount(posted)} grants of ${formatCount(points)} points posted, ${formatCount(lines - posted)} were there before\n`,
        );
      });
    });
}
