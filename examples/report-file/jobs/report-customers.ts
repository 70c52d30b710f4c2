import { defineJob, fileWriter, queryReader, step, text } from 'settle';

const sql = 'SELECT customer, COUNT(*) AS orders, SUM(amount) AS amount FROM orders GROUP BY customer';

export default defineJob('report-customers', { path: text({ default: 'customers.csv' }) }, [
  step('report', {
    read: ({ database }) => queryReader(database, { sql, key: 'customer' }),
    write: ({ parameters: { path } }) =>
      fileWriter({
        path,
        format: { type: 'csv', columns: ['customer', 'orders', 'amount'], header: true },
        footer: ({ rows }) => `total,${rows},`,
      }),
  }),
]);
