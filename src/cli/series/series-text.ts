/** How a series of runs ended, as text: the counts, and a line for each run that is not simply complete. Pure. */
import { formatDuration, formatNumbered } from '../output/format.ts';
import { formatTable } from '../output/table.ts';
import type { SeriesLine, SeriesOutcome } from './series-line.ts';

const WORDS: Readonly<Record<SeriesOutcome, string>> = {
  completed: 'completed',
  'completed-with-skips': 'completed with skipped records',
  'already-complete': 'were complete before',
  outdated: 'were complete, with rows that arrived since',
  failed: 'failed',
  stopped: 'stopped',
  'held-up': 'wait for the date before',
  'not-started': 'not started',
};

export function seriesText(job: string, lines: readonly SeriesLine[], elapsedMs: number): string {
  const [first, last] = [lines[0], lines.at(-1)];
  if (first === undefined || last === undefined) return `${job}: nothing to do\n`;
  const counts = Map.groupBy(lines, ({ outcome }) => outcome);
  const parts = Object.entries(WORDS).flatMap(([outcome, words]) => {
    const own = counts.get(outcome as SeriesOutcome);
    return own === undefined ? [] : [`${own.length} ${words}`];
  });
  const head = `${job} ${first.date} to ${last.date}: ${formatNumbered(lines.length, 'date')}, ${parts.join(', ')}; ${formatDuration(elapsedMs)}\n`;
  const told = lines.filter(({ outcome }) => outcome !== 'completed' && outcome !== 'already-complete');
  if (told.length === 0) return head;
  const table = formatTable(
    [{ header: 'date' }, { header: 'outcome' }, { header: 'execution', align: 'right' }, { header: 'why' }],
    told.map(({ date, outcome, execution, reason }) => [
      date,
      outcome,
      execution === undefined ? '-' : `${execution}`,
      reason ?? '',
    ]),
  );
  const next = [...new Set(told.flatMap(({ next }) => (next === undefined ? [] : [next])))];
  const nextText = next.length === 0 ? '' : `\nnext\n${next.map((command) => `  ${command}\n`).join('')}`;
  return `${head}\n${table}${nextText}`;
}
