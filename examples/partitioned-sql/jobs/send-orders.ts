import { defineJob, idRanges, step, tableReader, tableWriter, text } from 'settle';

class Rejected extends Error {}
class Unavailable extends Error {}

export default defineJob('send-orders', { partner: text({ example: 'http://localhost:8080' }) }, [
  step('send', {
    partitions: idRanges({ table: 'orders', key: 'id' }),
    read: ({ database, partition }) =>
      tableReader<{ id: number; amount: number }>(database, { table: 'orders', key: 'id', ...partition }),
    process: async ({ id, amount }, { signal }, { parameters }) => {
      const answer = await fetch(`${parameters.partner}/orders/${id}`, { method: 'PUT', body: `${amount}`, signal });
      if (answer.status === 422) throw new Rejected(await answer.text());
      if (!answer.ok) throw new Unavailable(`the partner answers ${answer.status}`);
      return { id, receipt: await answer.text() };
    },
    write: ({ database }) => tableWriter(database, { table: 'receipts', columns: ['id', 'receipt'] }),
    keyOf: ({ id }) => id,
    chunkSize: 50,
    concurrency: 8,
    timeoutMs: 2_000,
    retry: { limit: 5, on: [Unavailable, 'TimeoutError'], backOff: { firstMs: 20, maxMs: 500 } },
    skip: { limit: 100, on: [Rejected] },
  }),
]);
