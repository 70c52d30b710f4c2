/** One range of by-hand.ts in a worker thread: reader, processor and writer of single items. */
import { tableReader } from '../../items/table-reader.ts';
import { tableWriter } from '../../items/table-writer.ts';
import { itemPartition } from '../../steps/item-step.ts';
import { IncompleteView } from './incomplete-view.ts';
import { amountOf, type View, type ViewAmount, viewAmountTarget, viewColumns, viewOf } from './view-amount.ts';

/** Records passed over in a range; more of them fail it. */
const SKIP_LIMIT = 1000;

export default itemPartition<View, ViewAmount>({
  reader: ({ database, minId, maxId }) =>
    tableReader(database, {
      table: 'view_log',
      key: 'id',
      columns: viewColumns,
      from: minId,
      to: maxId,
      itemOf: viewOf,
      keyOf: ({ id }) => id,
    }),
  processor: () => ({ process: amountOf }),
  writer: ({ database }) => tableWriter(database, viewAmountTarget, ({ id, videoId, amount }) => [id, videoId, amount]),
  skip: { limit: SKIP_LIMIT, on: [IncompleteView, 'data'] },
  keyOf: ({ id }) => id,
});
