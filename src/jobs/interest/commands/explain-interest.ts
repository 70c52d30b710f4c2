/** `settle explain interest`: why an account has the interest that it has at the end of a date. */
import { identifier } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { explainGroup } from '../../../cli/explain-group.ts';
import type { InterestExplanation } from '../explain-interest.ts';

interface Flags extends GlobalFlags {
  readonly account: bigint;
  readonly date: string;
  readonly json?: boolean;
}

export function registerExplainInterest(cli: Cli): void {
  const { withReadableDatabase, forOutput } = cli;
  const own = explainGroup(cli)
    .command('interest')
    .description('what a deposit account has earned through a date: runs of days, rates, postings, corrections')
    .requiredOption('--account <id>', 'id of the account', identifier('--account'))
    .requiredOption('--date <date>', 'business date, YYYY-MM-DD')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle explain interest --account 17 --date 2026-11-30\n')
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const date = parseBusinessDate(flags.date);
      await withReadableDatabase(flags, async ({ database }) => {
        const { explainInterest } = await import('../explain-interest.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const explanation = await explainInterest(database, flags.account, date);
        if (flags.json) await print((await import('../../../cli/output/json.ts')).formatJson(explanation));
        else {
          const { zoneFlag } = await import('../../views/statistics/likely-zone.ts');
          await print(await explanationText(explanation, await zoneFlag(database.knex, date)));
        }
      });
    });
  forOutput(own);
}

async function explanationText(explanation: InterestExplanation, zone: string): Promise<string> {
  const { formatPairs, formatTable } = await import('../../../cli/output/table.ts');
  const { formatCount } = await import('../../../cli/output/format.ts');
  const { account, date, stored, sums, runs, postings } = explanation;
  const closing = explanation.closedOn === null ? '' : `, closed on ${explanation.closedOn}`;
  const state = (balance: bigint, accrued: string) => `balance ${formatCount(balance)}, accrued ${accrued}`;
  let text = formatPairs([
    ['account', `${account}, opened on ${explanation.openedOn}${closing}`],
    ['product', `${explanation.product}, revision ${explanation.revision}`],
    ['rules', `${explanation.dayCount}, capitalised ${explanation.capitalise}, rounded ${explanation.rounding}`],
    ['date', `${date}${explanation.isClosed ? ', closed' : ''}`],
    [
      'computed',
      explanation.balance === null
        ? 'nothing: the account does not accrue on this date'
        : state(explanation.balance, explanation.accrued ?? ''),
    ],
    [
      'stored',
      stored === null
        ? 'nothing'
        : `${state(stored.balance, stored.accrued)}: revision ${stored.revision}, execution ${stored.jobExecutionId}`,
    ],
    ['check', checkOf(explanation, zone)],
    ['sums', `accruals ${sums.accruals} = capitalised ${formatCount(sums.capitalised)} + carried ${sums.carried}`],
  ]);
  const right = (header: string) => ({ header, align: 'right' as const });
  if (runs.length > 0) {
    const columns = [
      ...[{ header: 'from' }, { header: 'to' }, right('balance'), { header: 'parts at rates' }],
      ...[right('of a year'), right('accrual'), right('capitalised')],
    ];
    const rows = runs.map((run) => [
      run.from,
      run.to,
      formatCount(run.balance),
      run.tiers.map(({ part, rate }) => `${formatCount(part)} x ${rate}`).join(' + ') || 'nothing',
      run.dayFraction,
      run.accrual,
      run.capitalised === null ? '' : formatCount(run.capitalised),
    ]);
    text += `\n${formatTable(columns, rows)}`;
  }
  if (postings.length > 0) {
    const columns = [
      ...[{ header: 'period through' }, { header: 'value date' }, { header: 'booked on' }, right('won')],
      ...[right('execution'), { header: 'corrects' }, { header: 'journal' }],
    ];
    const rows = postings.map((one) => [
      one.periodEnd,
      one.valueDate,
      one.bookedDate,
      formatCount(one.amount),
      String(one.jobExecutionId),
      one.correctedJobExecutionId === null ? '' : `execution ${one.correctedJobExecutionId}`,
      one.journalKey,
    ]);
    text += `\n${formatTable(columns, rows)}`;
  }
  return text;
}

function checkOf({ agrees, stored, isClosed, date }: InterestExplanation, zone: string): string {
  if (stored === null) return 'no run has accrued this date';
  if (agrees) return 'equal';
  return isClosed
    ? 'DIFFERENT: entries came after the date was closed; the difference is booked in an open date'
    : `DIFFERENT: entries came after its run; the next run, or settle run interest-accrual --date ${date}${zone} --rerun, corrects it`;
}
