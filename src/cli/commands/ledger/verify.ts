/** `settle ledger verify`: replays the ledger from its first journal; exit 20 when something does not fit. */
import type { Command } from 'commander';
import { ExitCode } from '../../../errors.ts';
import type { GlobalFlags } from '../../config.ts';
import type { Cli } from '../../program.ts';

interface Flags extends GlobalFlags {
  readonly json?: boolean;
}

export function registerLedgerVerify(ledger: Command, { exit }: Cli): void {
  ledger
    .command('verify')
    .description('replay every journal: sums, lots, order, hash chain; exit 20 when something does not fit')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle ledger verify\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { withDatabase } = await import('../../context.ts');
      await withDatabase(flags, async ({ database, logger }) => {
        const { verifyLedger } = await import('../../../ledger/verify-ledger.ts');
        const { print } = await import('../../output/stdout.ts');
        const result = await verifyLedger(database, {
          onPage: (done, total) => logger.debug({ journals: Number(done), of: Number(total) }, 'ledger replayed'),
        });
        if (flags.json) await print((await import('../../output/json.ts')).formatJson(result));
        else {
          const { formatCount } = await import('../../output/format.ts');
          const counts = `${formatCount(result.journals)} journals, ${formatCount(result.entries)} entries`;
          const { misfit } = result;
          await print(
            misfit === undefined
              ? `ledger: sound, ${counts}\n`
              : `ledger: BROKEN after ${counts}\n  ${misfit.place}: ${misfit.problem}\n`,
          );
        }
        if (!result.sound) exit(ExitCode.invariantBroken);
      });
    });
}
