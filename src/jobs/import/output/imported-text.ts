/** What an import says at its end about its rows. */

import { formatCount } from '../../../cli/output/format.ts';
import type { ImportedView } from '../imported-view.ts';

/** Dates that are listed; --json lists all. */
const DATES_SHOWN = 14;

/** What became of the rows, apart; of views their ids and dates, and the commands for dates that are settled already. */
export function importedLines(imported: ImportedView): string[] {
  const { written, alreadyThere, setAside } = imported;
  const counts = `${formatCount(written)} written, ${formatCount(alreadyThere)} already there, ${formatCount(setAside)} set aside`;
  return [counts, ...dateLines(imported)];
}

function dateLines({ ids, zone, dates = [], furtherRows = 0, undatedRows = 0 }: ImportedView): string[] {
  if (ids === undefined) return [];
  const lines = [`ids ${ids.first} to ${ids.last}`];
  const shown = dates.slice(0, DATES_SHOWN);
  const hidden = dates.slice(DATES_SHOWN);
  if (dates.length > 0) lines.push(`rows by date (${zone})`);
  for (const { date, rows, state } of shown) {
    lines.push(`  ${date}  ${formatCount(rows)}${state === 'not settled' ? '' : `  ${state} already`}`);
  }
  if (hidden.length > 0) {
    const settled = hidden.filter(({ next }) => next !== undefined).length;
    const commands = settled === 0 ? '' : `, ${settled} of them settled already (--json has their commands)`;
    lines.push(`  and ${formatCount(hidden.length)} more ${hidden.length === 1 ? 'date' : 'dates'}${commands}`);
  }
  if (furtherRows > 0) lines.push(`  and ${formatCount(furtherRows)} rows of still other dates`);
  if (undatedRows > 0) lines.push(`  without a time: ${formatCount(undatedRows)}`);
  const again = shown.filter(({ next }) => next !== undefined);
  if (again.length > 0) lines.push('they count on dates that are settled already after');
  for (const { next, state } of again) {
    lines.push(`  ${next}${state === 'closed' ? '   (closed: booked as an adjustment in the next open date)' : ''}`);
  }
  return lines;
}
