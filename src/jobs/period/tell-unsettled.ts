/** Tells, on stderr, which dates of a period have never been settled: an empty table alone would not say so. */

import type { CommandContext } from '../../cli/command-context.ts';
import { tell } from '../../cli/errors.ts';
import { addDays, type Period } from '../../rules/business-time.ts';
import { startHint } from './start-hint.ts';

/** Dates that a message names. */
const SHOWN_MAX = 5;

/** `settled`: the dates of the period that are; none, although there are rows: another program wrote them. */
export async function tellUnsettled(
  context: Pick<CommandContext, 'database' | 'settings'>,
  period: Period,
  settled: readonly string[],
  hasRows: boolean,
): Promise<void> {
  if (hasRows && settled.length === 0) return;
  const known = new Set(settled);
  const missing: string[] = [];
  for (let date = period.from; date <= period.to; date = addDays(date, 1)) if (!known.has(date)) missing.push(date);
  if (missing.length === 0) return;
  const hint = await startHint(context, missing[0], 'settle', 'settles it');
  if (period.kind === 'day') {
    tell(`${period.label} has never been settled`, hint);
    return;
  }
  const shown = `${missing.slice(0, SHOWN_MAX).join(', ')}${missing.length > SHOWN_MAX ? ', ...' : ''}`;
  const days = `${missing.length} of the ${known.size + missing.length} dates of ${period.label}`;
  tell(`${days} have never been settled: ${shown}`, missing.length === 1 ? hint : hint.replace(/ it$/, ' the first'));
}
