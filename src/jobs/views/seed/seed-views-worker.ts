/** One range of `seed-views` in a worker thread: generate, insert, checkpoint the last row number with the rows. */
import { GeneratedViews, ViewLogGenerator } from '../../../../seeds/generate.ts';
import { bulkInsert } from '../../../database/bulk-insert.ts';
import { instantText } from '../../../database/instant.ts';
import type { SqlValue } from '../../../database/values.ts';
import type { Chunk, ChunkHandlers, PartitionContext } from '../../../engine/step.ts';
import { viewLogTarget } from '../../import/view-log-target.ts';
import { viewLogOptions } from './seed-parameters.ts';
import type { SeedPlanDetail } from './seed-views.ts';

const LAST_ROW = 'lastRow';

interface RowRange extends Chunk {
  readonly first: number;
}

export default async function openSeedViews(context: PartitionContext): Promise<ChunkHandlers<RowRange, SqlValue[][]>> {
  const { database, executionContext, maxId, minId, chunkSize } = context;
  const { firstId } = context.planDetail as SeedPlanDetail;
  const generator = new ViewLogGenerator(viewLogOptions(context.parameters));
  const views = new GeneratedViews(chunkSize);
  const end = Number(maxId) + 1;
  let next = Number(executionContext.getLong(LAST_ROW) ?? minId - 1n) + 1;
  return {
    async read(limit) {
      if (next >= end) return undefined;
      const first = next;
      const size = Math.min(limit, end - first);
      next = first + size;
      return { first, size };
    },
    process({ first, size }) {
      generator.fill(views, first, size, firstId);
      return { output: sqlRows(views), writeCount: size, filterCount: 0, processSkipCount: 0 };
    },
    async write(rows, tx) {
      await bulkInsert(tx, database.dialect, viewLogTarget, rows);
    },
    saveState(state) {
      state.put(LAST_ROW, BigInt(next - 1));
    },
    async close() {},
  };
}

function sqlRows(views: GeneratedViews): SqlValue[][] {
  const { ids, videoIds, viewerIds, viewedAt, playSeconds, adViews } = views;
  const rows = new Array<SqlValue[]>(views.size);
  for (let i = 0; i < views.size; i++) {
    const time = viewedAt[i];
    rows[i] = [
      ids[i],
      videoIds[i],
      viewerIds[i],
      Number.isNaN(time) ? null : instantText(time),
      playSeconds[i],
      adViews[i],
    ];
  }
  return rows;
}
