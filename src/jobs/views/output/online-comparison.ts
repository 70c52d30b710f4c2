/** What posted views were told beside what the night says, as text. Pure. */
import { formatCount } from '../../../cli/output/format.ts';
import { formatTable } from '../../../cli/output/table.ts';
import type { OnlineComparison } from '../online/compare-online.ts';

export function onlineComparisonText(found: OnlineComparison): string {
  const { date, posted, different, unchecked, countedOnline, countedByNight, pairs, notPosted, arrived } = found;
  if (posted === 0) return `${date}: no views of this date were posted, ${formatCount(notPosted)} came another way\n`;
  const headline = `${date}: ${formatCount(posted)} views posted, ${formatCount(different)} told otherwise than the night says, ${formatCount(unchecked)} unchecked`;
  const table = formatTable(
    [{ header: 'when posted' }, { header: 'by the night' }, { header: 'views', align: 'right' }],
    pairs.map(({ online, night, views }) => [online, night, formatCount(views)]),
  );
  const facts = [
    `counted: ${formatCount(countedOnline)} when posted, ${formatCount(countedByNight)} by the night`,
    `${formatCount(notPosted)} views of this date came another way`,
    ...(arrived === 0
      ? []
      : [`${formatCount(arrived)} rows of this date arrived since execution ${found.execution}, and are judged here`]),
  ];
  return `${headline}\n${table}${facts.map((fact) => `  ${fact}\n`).join('')}`;
}
