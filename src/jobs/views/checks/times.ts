/** The times of the view log on SQLite, where a column takes any text: is every one written so that texts compare? */
import type { Database } from '../../../database/database.ts';
import { findOddTime, oddTimeError } from '../../../database/odd-time.ts';
import { type DomainCheck, type Finding, misconfigured, pass } from '../../../doctor/check.ts';
import { viewLog } from '../log/view-log.ts';

export const timesCheck: DomainCheck = {
  name: 'times',
  before: 'clock',
  needsSchema: true,
  readsMapped: true,
  run: async ({ database }) => await examineTimes(database),
};

/** Whether the texts of `view_log` in that database compare as times. */
export async function examineTimes(database: Database): Promise<Finding> {
  const odd = await findOddTime(database, viewLog);
  if (odd === undefined) return pass('view_log.viewed_at is written in one form');
  const { message, hint = '' } = oddTimeError(viewLog.table, viewLog.key, viewLog.time, odd);
  return misconfigured(message, hint);
}
