/** The database's clock against this machine's: leases go by the first, "yesterday" in a schedule by the second. */
import { parseInstant } from '../../database/instant.ts';
import { type Check, pass, warn } from '../check.ts';

const SKEW_MS_MAX = 5_000;

export const clockCheck: Check = {
  name: 'clock',
  async run({ database, now }) {
    const before = now();
    const theirs = parseInstant(await database.dialect.now(database.knex));
    const after = now();
    // The question and its answer took time: the middle is the best guess, half of it the error.
    const skewMs = Math.round(theirs - (before + after) / 2);
    const text = `${Math.abs(skewMs)} ms ${skewMs < 0 ? 'behind' : 'ahead of'} this machine`;
    if (Math.abs(skewMs) <= SKEW_MS_MAX + (after - before) / 2) return pass(`the database's is ${text}`);
    return warn(
      `the database's clock is ${text}`,
      'have both kept by NTP: runs are right all the same, but a schedule may take the wrong date',
    );
  },
};
