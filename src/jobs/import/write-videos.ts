/**
 * Step `write-videos`: the file's rows into video. The file is right about creators: it replaces what is there, also
 * the missing creators of videos that an import of views has registered. A file without creators only adds videos.
 */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { InsertTarget } from '../../database/dialect.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import { FILE_ROWS, openVideoRows } from './row-source.ts';
import type { VideoRow } from './video-row.ts';
import { ROWS_DONE } from './write-views.ts';

const CHUNK_ROWS = 10_000;

export const writeVideosStep: ChunkStep = {
  kind: 'chunk',
  name: 'write-videos',
  chunkSize: CHUNK_ROWS,
  async open({ database, parameters, executionContext, jobContext }) {
    let rowsDone = executionContext.getLong(ROWS_DONE) ?? 0n;
    const source = await openVideoRows(parameters, jobContext);
    const target: InsertTarget = {
      table: 'video',
      columns: ['id', 'creator_id'],
      mode: source.has('creator_id') ? 'replace-values' : 'ignore',
      keys: ['id'],
    };
    try {
      await source.skip(Number(rowsDone));
    } catch (error) {
      source.close();
      throw error;
    }
    const handlers: ChunkHandlers<ItemChunk<VideoRow>, readonly VideoRow[]> = {
      async read(limit) {
        const items = await source.read(limit);
        rowsDone += BigInt(items?.length ?? 0);
        return items === undefined ? undefined : { items, size: items.length };
      },
      process({ items, size }) {
        return { output: items, writeCount: size, filterCount: 0, processSkipCount: 0 };
      },
      async write(videos, tx) {
        const rows = videos.map(({ id, creatorId }) => [id, creatorId]);
        await bulkInsert(tx, database.dialect, target, rows);
      },
      saveState(state) {
        state.put(ROWS_DONE, rowsDone);
      },
      async close() {
        source.close();
      },
    };
    const fileRows = jobContext.getLong(FILE_ROWS);
    return { ...handlers, totalExpected: fileRows === undefined ? undefined : Number(fileRows) };
  },
};
