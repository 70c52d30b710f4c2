/** `settle import`: loads a file of views, videos, challenges, coupons, stock and so on. Restartable: a file that was cut short is continued. */
import { Option } from 'commander';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import type { RunFlags } from '../../../cli/execute-job.ts';
import { usageError } from '../../../errors.ts';
import {
  ignoreColumnsOption,
  nullOption,
  type ReadingFlags,
  requireReadingFlags,
  timeUnitOption,
} from './reading-options.ts';

const kinds = [
  'views',
  'videos',
  'challenges',
  'members',
  'proofs',
  'coupons',
  'coupon-requests',
  'stock-movements',
  'payment-orders',
  'payment-approvals',
  'deposit-accounts',
  'deposit-entries',
] as const;
/** JSON files, which are small and whole: no jobs. */
const jsonKinds = ['rates', 'deposit-products'] as const;

interface Flags extends GlobalFlags, RunFlags, ReadingFlags {
  readonly map?: string;
  readonly zone?: string;
  readonly registerVideos?: boolean;
  readonly encoding?: string;
  readonly allowPartialLastLine?: boolean;
  readonly allowRepeat?: boolean;
  readonly amountUnit?: string;
  readonly yes?: boolean;
  readonly correctClosed?: boolean;
}

export function registerImport(cli: Cli): void {
  const { program, exit, withDatabase, forceOption } = cli;
  const command = program
    .command('import')
    .description(
      'load a table from CSV or TSV, plain or gzip, or a rate card or deposit products from JSON; - reads stdin',
    )
    .addArgument(program.createArgument('<what>', 'what the file holds').choices([...kinds, ...jsonKinds]))
    .argument('<file>', 'path of the file or pipe, or - for stdin')
    .addOption(new Option('--map <columns>', 'columns of other names: ours=theirs,...'))
    .option('--zone <zone>', 'IANA time zone of times that name none (default: UTC)')
    .addOption(timeUnitOption())
    .addOption(nullOption())
    .addOption(ignoreColumnsOption())
    .option(
      '--encoding <name>',
      'utf-8, utf-16, utf-16le, utf-16be, cp949, windows-1252 or iso-8859-1 (default: utf-8)',
    )
    .option('--allow-partial-last-line', 'take a last line without a line end, which may be cut off')
    .option('--allow-repeat', 'views without ids: import content again that was imported under another name')
    .addOption(
      new Option('--amount-unit <unit>', 'payments: won, or minor for hundredths (default: won)').choices([
        'won',
        'minor',
      ]),
    )
    .option('--register-videos', 'views: add unknown videos, without a creator')
    .option('--yes', 'rates: import a card that settled dates are priced by from now on')
    .option(
      '--correct-closed',
      'rates: also where closed dates were priced wrongly; `settle reprice` books the difference',
    )
    .addOption(forceOption())
    .option('--json', 'print one JSON object at the end')
    .addHelpText(
      'after',
      '\nExamples:\n  settle import views log.csv.gz --map viewer_id=user_id --register-videos\n  zcat log.tsv.gz | settle import views -\n  settle import rates rates.json\n  settle import deposit-products products.json\n  settle import deposit-entries entries.csv\n  settle import members members.csv\n  settle import views log.csv --time-unit seconds --null NULL --ignore-columns referrer\n',
    )
    .action(async (what: (typeof kinds)[number] | (typeof jsonKinds)[number], file: string, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      if (what === 'rates') {
        const { importRates } = await import('../../video-settlement/commands/import-rates.ts');
        return await importRates(flags, file, cli);
      }
      if (what === 'deposit-products') {
        const { importDepositProducts } = await import('../../interest/commands/import-deposit-products.ts');
        return await importDepositProducts(flags, file, cli);
      }
      if (flags.yes || flags.correctClosed) throw usageError('--yes and --correct-closed are for rates');
      if (what !== 'views' && flags.allowRepeat) throw usageError('--allow-repeat is for views');
      if (what !== 'views' && flags.registerVideos) throw usageError('--register-videos is for views');
      const { hasZone } = await import('../import-parameters.ts');
      if (!hasZone(what) && flags.zone !== undefined) {
        throw usageError(`--zone is not for ${what}: they have no times`);
      }
      if (!what.startsWith('payment-') && flags.amountUnit !== undefined) {
        throw usageError('--amount-unit is for payments');
      }
      await requireReadingFlags(what, flags);
      const { importJob } = await import('../import-job.ts');
      const job = importJob(what);
      await withDatabase(flags, async (context) => {
        const { importParameters } = await import('../import-parameters.ts');
        const { executeJob } = await import('../../../cli/execute-job.ts');
        const { stopSignal } = await import('../../../cli/stop-signal.ts');
        const {
          map,
          zone,
          registerVideos,
          timeUnit,
          null: nulls,
          ignoreColumns,
          encoding,
          allowPartialLastLine,
          allowRepeat,
          amountUnit,
        } = flags;
        const reading = {
          timeUnit,
          nulls,
          ignoreColumns,
          encoding,
          allowPartialLastLine,
          allowRepeat,
          amountUnit,
          signal: stopSignal(),
        };
        const dayZone = what === 'views' ? context.settings.zone : undefined;
        const request = await importParameters(what, { file, map, zone, dayZone, registerVideos, ...reading });
        try {
          exit(await executeJob(context, job, request.parameters, flags));
        } finally {
          await request.dispose();
        }
      });
    });
  cli.startsJob(command, ({ args: [what] }) => (what === 'rates' ? undefined : { job: `import-${what}` }));
}
