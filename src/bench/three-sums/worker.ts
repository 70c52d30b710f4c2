/**
 * One partition of `three-sums` in a worker thread: three columns, summed by video, written at its end. Like the peer
 * that it is compared with, it has no checkpoint inside of a partition: opened again, it begins anew.
 */

import { bulkInsert } from '../../database/bulk-insert.ts';
import { ColumnBatch, type ColumnSpec } from '../../database/column-batch.ts';
import { openScanner } from '../../database/column-scan.ts';
import { instantText } from '../../database/instant.ts';
import type { AccumulatingHandlers, PartitionContext } from '../../engine/step.ts';
import { businessDay } from '../../rules/business-time.ts';
import { SumsByVideo } from './sums-by-video.ts';
import { partTarget } from './tables.ts';

/** The id only says where the next scan begins. */
const columns: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'video_id', type: 'int64' },
  { name: 'ad_views', type: 'number' },
  { name: 'play_seconds', type: 'number' },
];
const BATCH_ROWS = 65_536;

export default async function openThreeSums(context: PartitionContext): Promise<AccumulatingHandlers<undefined>> {
  const { database, parameters, minId, maxId, partition } = context;
  const { startMs, endMs } = businessDay(parameters.require('date'), parameters.require('zone'));
  const where = `viewed_at >= '${instantText(startMs)}' AND viewed_at < '${instantText(endMs)}'`;
  const scanner = await openScanner(database);
  const batch = new ColumnBatch(columns, BATCH_ROWS);
  const sums = new SumsByVideo();
  let from = minId;
  /** Rows of the present chunk. */
  let size = 0;

  /** Rows read; fewer than asked for at the end of the range. */
  async function scan(limit: number): Promise<number> {
    const rows = await scanner.scan({ table: 'view_log', key: 'id', columns, from, to: maxId, limit, where }, batch);
    if (rows > 0) from = batch.int64(0).values[rows - 1] + 1n;
    sums.addRows(rows, batch.int64(1).words, batch.doubles(2), batch.doubles(3));
    return rows;
  }

  return {
    async accumulate(limit) {
      size = 0;
      while (size < limit && from <= maxId) {
        const wanted = Math.min(limit - size, BATCH_ROWS);
        const read = await scan(wanted);
        size += read;
        if (read < wanted) from = maxId + 1n;
      }
      return size === 0 ? undefined : { size };
    },
    drain: () => ({ output: undefined, writeCount: size, filterCount: 0, processSkipCount: 0 }),
    async write() {},
    saveState() {},
    async finish(tx) {
      await bulkInsert(tx, database.dialect, partTarget, [[partition, sums.encode()]]);
      return undefined;
    },
    close: () => scanner.close(),
  };
}
