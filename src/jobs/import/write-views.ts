/** Step `write-views`: the file's rows into view_log, chunk by chunk, with the videos that they name if asked for. */
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database } from '../../database/database.ts';
import { toBigInt } from '../../database/values.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { FILE_ROWS } from './check-file.ts';
import { newViews, type ViewValues } from './new-views.ts';
import { openViewRows } from './row-source.ts';
import { viewLogTarget } from './view-log-target.ts';
import type { Integer, ViewRow } from './view-row.ts';

const CHUNK_ROWS = 10_000;
/** Rows of the file that are committed: where a restart goes on. */
export const ROWS_DONE = 'rowsDone';
const ID_MAX = 2n ** 63n - 1n;
const videoTarget = { table: 'video', columns: ['id', 'creator_id'], mode: 'ignore', keys: ['id'] } as const;

interface Output {
  readonly views: readonly ViewValues[];
  /** Videos that no earlier chunk has named. */
  readonly videoIds: readonly Integer[];
}

export const writeViewsStep: ChunkStep = {
  kind: 'chunk',
  name: 'write-views',
  chunkSize: CHUNK_ROWS,
  async open({ database, parameters, executionContext, jobContext }) {
    const file = parameters.require('file');
    const registersVideos = parameters.get('register-videos') === 'true';
    const registered = new Set<Integer>();
    let rowsDone = executionContext.getLong(ROWS_DONE) ?? 0n;
    const source = await openViewRows(parameters);
    let nextId = source.has('id') ? undefined : await firstFreeId(database);
    try {
      await source.skip(Number(rowsDone));
    } catch (error) {
      source.close();
      throw error;
    }
    const handlers: ChunkHandlers<ItemChunk<ViewRow>, Output> = {
      async read(limit) {
        const items = await source.read(limit);
        rowsDone += BigInt(items?.length ?? 0);
        return items === undefined ? undefined : { items, size: items.length };
      },
      async process({ items, size }) {
        let rows = items;
        if (nextId !== undefined) {
          const first = nextId;
          nextId += BigInt(size);
          if (nextId > ID_MAX) throw noIdsLeft();
          rows = items.map((item, index) => ({ ...item, id: first + BigInt(index) }));
        }
        const views = await newViews(database, rows, file);
        const videoIds = registersVideos ? unregistered(rows, registered) : [];
        return {
          output: { views, videoIds },
          writeCount: views.length,
          filterCount: size - views.length,
          processSkipCount: 0,
        };
      },
      async write({ views, videoIds }, tx) {
        const videos = videoIds.map((id) => [id, null]);
        await bulkInsert(tx, database.dialect, videoTarget, videos);
        await bulkInsert(tx, database.dialect, viewLogTarget, views);
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

async function firstFreeId(database: Database): Promise<bigint> {
  const newest = await database.knex('view_log').max({ id: 'id' }).first();
  return newest?.id == null ? 1n : toBigInt(newest.id) + 1n;
}

/** The videos of the rows that are not in `registered` yet; they are now. */
function unregistered(rows: readonly ViewRow[], registered: Set<Integer>): Integer[] {
  const added: Integer[] = [];
  for (const { videoId } of rows) {
    if (registered.has(videoId)) continue;
    registered.add(videoId);
    added.push(videoId);
  }
  // In one order everywhere: two imports at once must not wait for each other's rows.
  return added.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0));
}

function noIdsLeft(): SettleError {
  return new SettleError('IDS_EXHAUSTED', ExitCode.usage, 'view_log has no ids left after its largest one', {
    hint: 'give the file an id column',
  });
}
