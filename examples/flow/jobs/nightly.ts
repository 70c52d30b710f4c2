import { type Decision, defineJob, file, fileReader, fileWriter, queryReader, step, tableWriter, task } from 'settle';

/** Looks at what was loaded: nothing to report ends the job, a negative amount fails it. */
const check: Decision = {
  kind: 'decision',
  name: 'check',
  decide: async ({ database }) => {
    const amounts: number[] = await database.knex('orders').pluck('amount');
    if (amounts.length === 0) return 'NOTHING';
    return amounts.some((amount) => amount < 0) ? 'BAD' : 'GOOD';
  },
  next: [
    { on: 'NOTHING', to: 'end' },
    { on: 'BAD', to: 'fail', status: 'BAD_ORDERS', message: 'an order has a negative amount' },
  ],
};

export default defineJob('nightly', { file: file() }, [
  step('load', {
    read: ({ parameters }) => fileReader({ source: parameters.file, format: { type: 'csv' } }),
    write: ({ database }) => tableWriter(database, { table: 'orders', columns: ['id', 'amount'] }),
    next: [{ on: 'FAILED', to: 'alert' }],
  }),
  check,
  step('report', {
    read: ({ database }) => queryReader(database, { sql: 'SELECT id, amount FROM orders', key: 'id' }),
    write: () => fileWriter({ path: 'report.csv', format: { type: 'csv', columns: ['id', 'amount'] } }),
    next: [{ on: 'COMPLETED', to: 'end' }],
  }),
  task('alert', async ({ parameters, transaction }) => {
    await transaction((tx) => tx('alerts').insert({ about: `${parameters.file} was not loaded` }));
  }),
]);
