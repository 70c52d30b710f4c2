/** Step `write-views`: the file's rows into view_log, chunk by chunk, with the videos that they name if asked for. */
import { bulkInsert } from '../../database/bulk-insert.ts';
import { parseInstant } from '../../database/instant.ts';
import type { Integer } from '../../database/values.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import { defaultZone } from '../../rules/business-time.ts';
import { FileRows, rowsExpected } from './file-rows.ts';
import { DAY_ZONE } from './import-parameters.ts';
import { type IdRange, insertNumbered, insertViews, VIEW_IDS_TAKEN } from './insert-views.ts';
import { newViews, VIEWED_AT, type ViewValues } from './new-views.ts';
import { openViewRows } from './row-source.ts';
import type { ViewRow } from './view-row.ts';
import { dateCounter, openWrittenRows, saveWrittenRows, withChunk } from './written-rows.ts';

const CHUNK_ROWS = 10_000;
const videoTarget = { table: 'video', columns: ['id', 'creator_id'], mode: 'ignore', keys: ['id'] } as const;

/** How often a chunk is tried anew because another program has taken an id, with a wait that grows. */
const IDS_RETRY_LIMIT = 20;

interface Output {
  /** Where the file has ids; the other is then empty. */
  readonly views: readonly ViewValues[];
  /** Where it has none: numbered as they are written. */
  readonly unnumbered: readonly ViewRow[];
  /** Videos that no earlier chunk has named. */
  readonly videoIds: readonly Integer[];
  /** Rows to be written, by business date; null: without a time. */
  readonly dates: ReadonlyMap<string | null, number>;
}

export const writeViewsStep: ChunkStep = {
  kind: 'chunk',
  name: 'write-views',
  chunkSize: CHUNK_ROWS,
  async open(context) {
    const { database, parameters, executionContext } = context;
    const file = parameters.require('file');
    const registersVideos = parameters.get('register-videos') === 'true';
    const registered = new Set<Integer>();
    // What is committed, and with the chunk that is being written: that one may be tried again.
    let committed = openWrittenRows(executionContext, parameters.get(DAY_ZONE) ?? defaultZone);
    let written = committed;
    const countDates = dateCounter(committed.zone);
    const rows = await FileRows.open(context, openViewRows);
    const hasIds = rows.source.has('id');
    const handlers: ChunkHandlers<ItemChunk<ViewRow>, Output> = {
      async read(limit) {
        committed = written;
        return await rows.readChunk(limit);
      },
      faults: { retry: { limit: IDS_RETRY_LIMIT, on: [VIEW_IDS_TAKEN] } },
      async process({ items, size }) {
        const views = hasIds ? await newViews(database, items, file) : [];
        const unnumbered = hasIds ? [] : items;
        const videoIds = registersVideos ? unregistered(items, registered) : [];
        const dates = countDates(hasIds ? instantsOf(views, items) : items.map(({ viewedAt }) => viewedAt));
        const writeCount = views.length + unnumbered.length;
        return {
          output: { views, unnumbered, videoIds, dates },
          writeCount,
          filterCount: size - writeCount,
          processSkipCount: 0,
        };
      },
      async write({ views, unnumbered, videoIds, dates }, tx) {
        const videos = videoIds.map((id) => [id, null]);
        await bulkInsert(tx, database.dialect, videoTarget, videos);
        let ids = idRange(views);
        if (hasIds) await insertViews(database, tx, views);
        else ids = await insertNumbered(database, tx, unnumbered);
        written = withChunk(committed, ids, dates);
      },
      saveState(state) {
        rows.saveState(state);
        saveWrittenRows(state, written);
      },
      close: async () => rows.close(),
    };
    return { ...handlers, totalExpected: rowsExpected(context) };
  },
};

/** Times of the rows that are new: of all, as they were read. */
function instantsOf(views: readonly ViewValues[], rows: readonly ViewRow[]): (number | null)[] {
  if (views.length === rows.length) return rows.map(({ viewedAt }) => viewedAt);
  return views.map((view) => (view[VIEWED_AT] === null ? null : parseInstant(String(view[VIEWED_AT]))));
}

function idRange(views: readonly ViewValues[]): IdRange | undefined {
  if (views.length === 0) return undefined;
  let first = views[0][0] as Integer;
  let last = first;
  for (const view of views) {
    const id = view[0] as Integer;
    if (id < first) first = id;
    if (id > last) last = id;
  }
  return { first: BigInt(first), last: BigInt(last) };
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
