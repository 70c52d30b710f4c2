/** Case `sqlite`: the daily statistics out of an SQLite file, beside what the sqlite3 shell does with the same file. */
import type { BenchCase } from '../case.ts';
import { groupBy } from '../contenders/group-by.ts';
import { settleDaily } from '../contenders/settle-daily.ts';
import { sqliteShell } from '../contenders/sqlite-shell.ts';
import { logTotals } from '../date-totals.ts';

export const sqliteCase: BenchCase = {
  name: 'sqlite',
  title: 'Daily statistics out of an SQLite file',
  description:
    'The shell sums three columns by video and applies no rule; settle gives every row a verdict, with the 30 s rule, ' +
    'and publishes the result.',
  dialects: ['sqlite'],
  ratios: [
    { name: 'sqlite3-shell', of: 'settle-2', against: 'sqlite3-shell', target: 1 / 3 },
    { name: 'sqlite3-library', of: 'settle-2', against: 'group-by' },
  ],
  async contenders(context) {
    const { database, spec } = context;
    const totals = await logTotals(database, spec);
    const settle = [1, 2, 4].map((workers) =>
      settleDaily(context, {
        database,
        spec,
        totals,
        name: `settle-${workers}`,
        label: `settle, ${workers} worker${workers === 1 ? '' : 's'}`,
        workers,
      }),
    );
    return [...settle, sqliteShell(context, totals), groupBy(context, totals)];
  },
};
