/** What to say where a date has not been computed: the command that does it, where it works now. */
import type { CommandContext } from '../../cli/command-context.ts';
import { endOfDate, endText } from '../due-date.ts';
import { zoneNear } from '../views/statistics/likely-zone.ts';

/**
 * @param start without date and zone: `settle`, `settle run interest-accrual`
 * @param does `settles it`
 */
export async function startHint(
  { database, settings }: Pick<CommandContext, 'database' | 'settings'>,
  date: string,
  start: string,
  does: string,
): Promise<string> {
  const zone = (await zoneNear(database.knex, date)) ?? settings.zone;
  const endMs = endOfDate(date, zone);
  if (Date.now() < endMs) return `${date} is not over in ${zone} before ${endText(endMs)}`;
  return `\`${start} --date ${date} --zone ${zone}\` ${does}`;
}
