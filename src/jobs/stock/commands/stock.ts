/** `settle stock`: what of every product was on hand and reserved at the end of a date. */
import { Option } from 'commander';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import type { StockOfDate } from '../settlement/read-stock.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly format: 'table' | 'csv' | 'json';
  readonly json?: boolean;
}

/** As a table: what a person reads; scripts get all of them. */
const PRODUCTS_SHOWN = 100;

export function registerStock({ program, withReadableDatabase, forOutput }: Cli): void {
  const own = program
    .command('stock')
    .description('print the stock of every product at the end of a date, but of those that are oversold')
    .requiredOption('--date <date>', 'business date, YYYY-MM-DD')
    .addOption(new Option('--format <format>', 'how it looks').choices(['table', 'csv', 'json']).default('table'))
    .option('--json', 'short for --format json')
    .addHelpText('after', '\nExample:\n  settle stock --date 2026-11-20 --format csv\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const format = flags.json ? 'json' : flags.format;
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      await withReadableDatabase(flags, async ({ database }) => {
        const { readExceptions, readStock } = await import('../settlement/read-stock.ts');
        const { print, printingIsVain } = await import('../../../cli/output/stdout.ts');
        if (format === 'csv') await print('product_id,on_hand,reserved\n');
        const kept: StockOfDate[] = [];
        for await (const page of readStock(database, date)) {
          if (format !== 'csv') kept.push(...page);
          else await print(page.map((one) => `${one.productId},${one.onHand},${one.reserved}\n`).join(''));
          if (printingIsVain() || (format === 'table' && kept.length > PRODUCTS_SHOWN)) break;
        }
        const exceptions = await readExceptions(database, date);
        if (format === 'json') {
          const { formatJson } = await import('../../../cli/output/json.ts');
          const rows = kept.map(({ productId, onHand, reserved }) => ({
            product_id: productId,
            on_hand: onHand,
            reserved,
          }));
          await print(formatJson({ date, rows, exceptions }));
        }
        if (format === 'table') await print(await tableOf(kept));
        for (const { productId, date: since, reason } of exceptions.slice(0, PRODUCTS_SHOWN)) {
          process.stderr.write(`product ${productId} is oversold since ${since}: ${reason}\n`);
        }
      });
    });
  forOutput(own);
}

async function tableOf(rows: readonly StockOfDate[]): Promise<string> {
  const { formatTable } = await import('../../../cli/output/table.ts');
  const { formatCount } = await import('../../../cli/output/format.ts');
  const columns = ['product_id', 'on_hand', 'reserved', 'available'].map((header) => ({
    header,
    align: 'right' as const,
  }));
  const cells = rows
    .slice(0, PRODUCTS_SHOWN)
    .map(({ productId, onHand, reserved }) => [
      String(productId),
      formatCount(onHand),
      formatCount(reserved),
      formatCount(onHand - reserved),
    ]);
  const more = rows.length > PRODUCTS_SHOWN ? '... and more: --format csv prints all\n' : '';
  return formatTable(columns, cells) + more;
}
