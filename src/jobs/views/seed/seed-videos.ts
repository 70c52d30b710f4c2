/** Step `seed-videos`: registers videos 1 to N with their creators. Videos that exist are left as they are. */
import { creatorOf } from '../../../../seeds/generate.ts';
import { bulkInsert } from '../../../database/bulk-insert.ts';
import type { Chunk, ChunkHandlers, ChunkStep } from '../../../engine/step.ts';
import { viewLogOptions } from './seed-parameters.ts';

const CHUNK_VIDEOS = 20_000;
const LAST_VIDEO = 'lastVideo';
const target = { table: 'video', columns: ['id', 'creator_id'], mode: 'ignore', keys: ['id'] } as const;

interface VideoRange extends Chunk {
  readonly first: number;
}
type VideoRow = [id: number, creatorId: number | null];

export const seedVideosStep: ChunkStep = {
  kind: 'chunk',
  name: 'seed-videos',
  chunkSize: CHUNK_VIDEOS,
  async open({ database, parameters, executionContext }) {
    const options = viewLogOptions(parameters);
    let next = Number(executionContext.getLong(LAST_VIDEO) ?? 0n) + 1;
    const handlers: ChunkHandlers<VideoRange, VideoRow[]> = {
      async read(limit) {
        if (next > options.videos) return undefined;
        const first = next;
        const size = Math.min(limit, options.videos - first + 1);
        next = first + size;
        return { first, size };
      },
      process({ first, size }) {
        const rows = Array.from({ length: size }, (_, i): VideoRow => [first + i, creatorOf(options, first + i)]);
        return { output: rows, writeCount: size, filterCount: 0, processSkipCount: 0 };
      },
      async write(rows, tx) {
        await bulkInsert(tx, database.dialect, target, rows);
      },
      saveState(state) {
        state.put(LAST_VIDEO, BigInt(next - 1));
      },
      async close() {},
    };
    return { ...handlers, totalExpected: options.videos };
  },
};
