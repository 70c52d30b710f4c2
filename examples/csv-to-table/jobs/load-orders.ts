import { defineJob, file, fileReader, step, tableWriter } from 'settle';

const columns = ['id', 'customer', 'amount'];

export default defineJob('load-orders', { file: file({ description: 'CSV of id, customer, amount' }) }, [
  step('load', {
    read: ({ parameters }) => fileReader({ source: parameters.file, format: { type: 'csv' } }),
    write: ({ database }) => tableWriter(database, { table: 'orders', columns }),
    keyOf: ({ id }) => String(id),
    skip: { limit: 100, on: ['data', 'RECORD_FORMAT'] },
  }),
]);
