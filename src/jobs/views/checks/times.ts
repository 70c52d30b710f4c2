/** The times of the view log on SQLite, where a column takes any text: is every one written so that texts compare? */
import { findOddTime, oddTimeError } from '../../../database/odd-time.ts';
import { type DomainCheck, misconfigured, pass } from '../../../doctor/check.ts';
import { viewLog } from '../statistics/view-log.ts';

export const timesCheck: DomainCheck = {
  name: 'times',
  before: 'clock',
  needsSchema: true,
  readsMapped: true,
  async run({ database }) {
    const odd = await findOddTime(database, viewLog);
    if (odd === undefined) return pass('view_log.viewed_at is written in one form');
    const { message, hint = '' } = oddTimeError(viewLog.table, viewLog.key, viewLog.time, odd);
    return misconfigured(message, hint);
  },
};
