/** One range of `copy-views` in a worker thread: reader, processor and writer of single items. */
import { type ColumnBatch, type ColumnSpec, integerAt } from '../../database/column-batch.ts';
import { tableReader } from '../../items/table-reader.ts';
import { tableWriter } from '../../items/table-writer.ts';
import { itemPartition } from '../../steps/item-step.ts';
import { IncompleteView } from './incomplete-view.ts';
import { amountOf, type View, type ViewAmount, viewAmountTarget } from './view-amount.ts';

const columns: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'video_id', type: 'int64' },
  { name: 'play_seconds', type: 'number' },
  { name: 'ad_views', type: 'number' },
];

/** Records passed over in a range; more of them fail it. */
const SKIP_LIMIT = 1000;

export default itemPartition<View, ViewAmount>({
  reader: ({ database, minId, maxId }) =>
    tableReader(database, {
      table: 'view_log',
      key: 'id',
      columns,
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

function viewOf(batch: ColumnBatch): (row: number) => View {
  const { nulls } = batch;
  const [ids, videoIds] = [batch.int64(0), batch.int64(1)];
  const [playSeconds, adViews] = [batch.doubles(2), batch.doubles(3)];
  return (row) => {
    const id = integerAt(ids, row);
    if (nulls[row] !== 0) throw new IncompleteView(id);
    return { id, videoId: integerAt(videoIds, row), playSeconds: playSeconds[row], adViews: adViews[row] };
  };
}
