/** The times of the view log on SQLite, where a column takes any text: is every one written so that texts compare? */
import { findOddTime, oddTimeError } from '../../database/odd-time.ts';
import { viewLog } from '../../jobs/views/statistics/view-log.ts';
import { type Check, misconfigured, pass } from '../check.ts';

export const timesCheck: Check = {
  name: 'times',
  needsSchema: true,
  async run({ database }) {
    const odd = await findOddTime(database, viewLog);
    if (odd === undefined) return pass('view_log.viewed_at is written in one form');
    const { message, hint = '' } = oddTimeError(viewLog.table, viewLog.key, viewLog.time, odd);
    return misconfigured(message, hint);
  },
};
