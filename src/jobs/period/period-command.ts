/** What commands have in common that show numbers of videos in a day, week or month. */
import { type Command, Option } from 'commander';
import type { GlobalFlags } from '../../cli/config.ts';
import type { Period, PeriodKind } from '../../rules/business-time.ts';
import type { TableFormat, VideoTable } from './video-table.ts';

export interface PeriodFlags extends GlobalFlags {
  readonly date: string;
  readonly period: PeriodKind;
  readonly format: TableFormat;
  readonly json?: boolean;
}

export function addPeriodOptions(command: Command): Command {
  return command
    .requiredOption('--date <date>', 'a date of the period, YYYY-MM-DD')
    .addOption(new Option('--period <period>', 'how much').choices(['day', 'week', 'month']).default('day'))
    .addOption(new Option('--format <format>', 'how it looks').choices(['table', 'csv', 'json']).default('table'))
    .option('--json', 'short for --format json');
}

/** @throws SettleError (exit 2) when the date is none */
export async function periodOfFlags({ date, period }: PeriodFlags): Promise<Period> {
  const { parseBusinessDate, periodOf } = await import('../../rules/business-time.ts');
  return periodOf(parseBusinessDate(date), period);
}

export async function printVideoTable<R>({ json, format }: PeriodFlags, table: VideoTable<R>): Promise<void> {
  const { print } = await import('../../cli/output/stdout.ts');
  const { videoTableText } = await import('./video-table.ts');
  for (const text of videoTableText(json ? 'json' : format, table)) await print(text);
}
