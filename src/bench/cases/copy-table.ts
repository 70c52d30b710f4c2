/** Case `copy-table`: the view log into another database, beside plain inserts of the same rows. */
import type { BenchCase } from '../case.ts';
import { copyTable, insertTable } from '../contenders/copied-table.ts';

export const copyTableCase: BenchCase = {
  name: 'copy-table',
  title: 'A table into another database',
  description:
    'The view log, by `settle copy-table` into a database beside it: read, hashed, inserted, with a checkpoint every 10,000 ' +
    'rows; seconds of the whole process. The plain inserts have their rows in memory, and seconds are those of the inserts.',
  dialects: ['mariadb', 'mysql'],
  onRequest: true,
  ratios: [
    { name: 'bulk', of: 'copy-2', against: 'bulk-insert-2', target: 0.8 },
    { name: 'text', of: 'copy-2', against: 'text-insert-2', target: 0.8 },
  ],
  figures: [
    { name: 'clientCpu', label: 'processor time of the inserts alone, client', unit: 's' },
    { name: 'serverCpu', label: 'processor time of the inserts alone, server', unit: 's' },
  ],
  async contenders(context) {
    const target = await context.openEmpty('copied');
    const { rows } = context.spec;
    return [
      copyTable(context, target, rows),
      insertTable(context, target, rows, 'bulk'),
      insertTable(context, target, rows, 'text'),
    ];
  },
};
