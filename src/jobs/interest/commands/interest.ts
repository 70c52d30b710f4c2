/** `settle interest`: balances, accrued and capitalised interest of deposit accounts at the end of a date. */
import { Option } from 'commander';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import type { TableFormat } from '../../period/video-table.ts';
import type { InterestLine } from '../read-interest.ts';

interface Flags extends GlobalFlags {
  readonly date: string;
  readonly format: TableFormat;
  readonly json?: boolean;
}

/** Decimal places of what is accrued; more are cut off. */
const places = 10;
/** Lines that are printed at once. */
const linesAPage = 5_000;

export function registerInterest({ program, withReadableDatabase, forOutput }: Cli): void {
  const own = program
    .command('interest')
    .description('print balance, accrued and capitalised interest of each deposit account at the end of a date')
    .requiredOption('--date <date>', 'business date, YYYY-MM-DD')
    .addOption(new Option('--format <format>', 'how it looks').choices(['table', 'csv', 'json']).default('table'))
    .option('--json', 'short for --format json')
    .addHelpText(
      'after',
      `
accrued: what was carried at the last capitalisation and the accruals since, through the date, in won, rounded down;
on the last day of a period before it is capitalised. capitalised: whole won that the run of the date posted; they are
balance from the next day on.

Examples:
  settle interest --date 2026-11-20
  settle interest --date 2026-11-30 --format csv
`,
    )
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      await withReadableDatabase(flags, async (context) => {
        const { database } = context;
        const { isAccrued, readInterest } = await import('../read-interest.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const state = await isAccrued(database, date);
        for await (const text of texts(flags.json ? 'json' : flags.format, date, readInterest(database, date))) {
          await print(text);
        }
        if (state === true) return;
        const { tell } = await import('../../../cli/errors.ts');
        const { startHint } = await import('../../period/start-hint.ts');
        const hint = await startHint(context, date, 'settle run interest-accrual', 'accrues it');
        tell(`interest of ${date} ${state === false ? 'is not complete' : 'has never been accrued'}`, hint);
      });
    });
  forOutput(own);
}

async function* texts(format: TableFormat, date: string, lines: AsyncIterable<InterestLine>): AsyncGenerator<string> {
  const { decimalText } = await import('../rules/rounding.ts');
  const accruedOf = ({ accrued, denominator }: InterestLine) => decimalText(accrued, denominator, places);
  if (format === 'csv') {
    yield 'account_id,balance,accrued,capitalised\n';
    for await (const page of pagesOf(lines)) {
      yield page.map((line) => `${line.accountId},${line.balance},${accruedOf(line)},${line.capitalised}\n`).join('');
    }
    return;
  }
  const all: InterestLine[] = [];
  for await (const line of lines) all.push(line);
  if (format === 'json') {
    const { formatJson } = await import('../../../cli/output/json.ts');
    yield formatJson({
      date,
      accounts: all.map((line) => ({
        accountId: line.accountId,
        balance: line.balance,
        accrued: accruedOf(line),
        capitalised: line.capitalised,
      })),
    });
    return;
  }
  const { formatTable } = await import('../../../cli/output/table.ts');
  const { formatCount } = await import('../../../cli/output/format.ts');
  const right = (header: string) => ({ header, align: 'right' as const });
  yield formatTable(
    ['account', 'balance', 'accrued', 'capitalised'].map(right),
    all.map((line) => [
      String(line.accountId),
      formatCount(line.balance),
      accruedOf(line),
      formatCount(line.capitalised),
    ]),
  );
}

async function* pagesOf(lines: AsyncIterable<InterestLine>): AsyncGenerator<InterestLine[]> {
  let page: InterestLine[] = [];
  for await (const line of lines) {
    page.push(line);
    if (page.length < linesAPage) continue;
    yield page;
    page = [];
  }
  yield page;
}
