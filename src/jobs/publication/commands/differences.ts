/** `settle differences`: what Redis held otherwise than a run had settled it. */
import { Option } from 'commander';
import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';

interface Flags extends GlobalFlags {
  readonly format: 'table' | 'csv' | 'json';
  readonly json?: boolean;
}

/** As a table: what a person reads; scripts get all of them. */
const LINES_SHOWN = 100;

export function registerDifferences({ program, withReadableDatabase, forOutput }: Cli): void {
  const own = program
    .command('differences')
    .description('list where Redis differed from what a run has settled: promised coupons, stock counters')
    .argument('<id>', 'execution', identifier('id'))
    .addOption(new Option('--format <format>', 'how it looks').choices(['table', 'csv', 'json']).default('table'))
    .option('--json', 'short for --format json')
    .addHelpText(
      'after',
      '\nA run with SETTLE_REDIS_URL compares; with --repair it sets right what differs.\n\nExamples:\n  settle differences 12\n  settle run stock-settlement --date 2026-11-20 --rerun --repair\n',
    )
    .action(async (id: bigint, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const format = flags.json ? 'json' : flags.format;
      await withReadableDatabase(flags, async ({ database }) => {
        const { requireExecution } = await import('../../../cli/find-execution.ts');
        const { print, printingIsVain } = await import('../../../cli/output/stdout.ts');
        const output = await import('../output/differences.ts');
        const { streamComparisons, streamLines } = await import('../read-differences.ts');
        const execution = Number(id);
        await requireExecution(database, execution);
        if (format === 'csv') await print(output.differencesCsvHeader);
        const shown = [];
        for await (const page of streamLines(database.knex, execution)) {
          if (format === 'csv') await print(output.differencesCsv(page));
          else shown.push(...page);
          if (printingIsVain() || (format === 'table' && shown.length > LINES_SHOWN)) break;
        }
        if (format === 'json') {
          const { formatJson } = await import('../../../cli/output/json.ts');
          const coupons = [];
          for await (const page of streamComparisons(database.knex, execution)) coupons.push(...page);
          await print(formatJson({ execution, coupons, differences: shown }));
        }
        if (format === 'table') {
          if (shown.length === 0) await print(`execution ${execution} found no difference\n`);
          else await print(output.differencesTable(shown.slice(0, LINES_SHOWN)));
          if (shown.length > LINES_SHOWN) await print('... and more: --format csv prints all\n');
        }
      });
    });
  forOutput(own);
}
