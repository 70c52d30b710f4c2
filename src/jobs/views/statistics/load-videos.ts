/** Reads the video table into a VideoDirectory in shared memory. */
import { ColumnBatch, type ColumnSpec } from '../../../database/column-batch.ts';
import { openScanner } from '../../../database/column-scan.ts';
import type { Database } from '../../../database/database.ts';
import { giveTurn, turnIsDue } from '../../../database/turn.ts';
import { keyOutOfRange } from '../../../database/unreadable.ts';
import { type Row, toBigInt, toNumber } from '../../../database/values.ts';
import { directRange, VideoDirectory } from '../rules/video-directory.ts';

const columns: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'creator_id', type: 'int64' },
];
const creatorNullBit = 1 << 1;
/** Few enough to be read without blocking the thread for long, which reading does on SQLite. */
const batchRows = 16_384;
const idMin = -(2n ** 63n);
const idMax = 2n ** 63n - 1n;

/** Every video, by id: 9 bytes a video where ids lie close together, else 33. */
export async function loadVideos(database: Database): Promise<VideoDirectory> {
  const [{ rows, first, last }]: Row[] = await database
    .knex('video')
    .count({ rows: '*' })
    .min({ first: 'id' })
    .max({ last: 'id' });
  const count = toNumber(rows);
  if (last !== null && toBigInt(last) > idMax) throw keyOutOfRange('video', 'id', toBigInt(last));
  const range = first === null ? undefined : directRange(count, toBigInt(first), toBigInt(last));
  const directory = new VideoDirectory(count, range);
  const batch = new ColumnBatch(columns, batchRows);
  const scanner = await openScanner(database);
  try {
    let from = idMin;
    for (;;) {
      const size = await scanner.scan({ table: 'video', key: 'id', columns, from, to: idMax, limit: batchRows }, batch);
      const ids = batch.int64(0);
      const creators = batch.int64(1).words;
      for (let row = 0; row < size; row++) {
        const known = (batch.nulls[row] & creatorNullBit) === 0;
        directory.add(ids.words[2 * row], ids.words[2 * row + 1], known, creators[2 * row], creators[2 * row + 1]);
      }
      if (turnIsDue()) await giveTurn();
      if (size < batchRows || ids.values[size - 1] === idMax) return directory;
      from = ids.values[size - 1] + 1n;
    }
  } finally {
    await scanner.close();
  }
}
