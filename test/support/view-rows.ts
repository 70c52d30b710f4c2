/** Rows of a log on their way into the judge, in every form in which a database gives them. */
import fc from 'fast-check';
import { ColumnBatch } from '../../src/database/column-batch.ts';
import type { ViewJudge } from '../../src/jobs/views/kernel/view-judge.ts';
import { viewLogColumns } from '../../src/jobs/views/log/view-log.ts';
import { splitWords } from '../../src/rules/words.ts';
import type { LogRow } from '../oracles/daily-statistics.ts';

/** Types of MySQL's protocol. */
const LONG = 3;
const LONGLONG = 8;
const DATETIME = 12;
const UNSIGNED = 32;

/** Rows as values, in batches; or as packets of columns of these types, in pieces as a socket gives them. */
export type Feed =
  | { readonly batchRows: number }
  | { readonly types: readonly (readonly [type: number, flags: number])[]; readonly pieceBytes: number };

const id = fc.constantFrom<[number, number]>([LONGLONG, 0], [LONGLONG, UNSIGNED], [LONG, 0]);
const amount = fc.constantFrom<[number, number]>([LONG, 0], [LONGLONG, 0]);
/** Of the platform's own table. */
export const usualTypes: readonly (readonly [type: number, flags: number])[] = [
  [LONGLONG, 0],
  [LONGLONG, 0],
  [LONGLONG, 0],
  [DATETIME, 0],
  [LONG, 0],
  [LONG, 0],
];

export const feedOf: fc.Arbitrary<Feed> = fc.oneof(
  fc.record({ batchRows: fc.integer({ min: 1, max: 12 }) }),
  fc.record({ types: fc.constant(usualTypes), pieceBytes: fc.integer({ min: 1, max: 400 }) }),
  fc.record({
    types: fc.tuple(id, id, id, fc.constant<[number, number]>([DATETIME, 0]), amount, amount),
    pieceBytes: fc.integer({ min: 1, max: 400 }),
  }),
);

/** Hands rows to a judge. */
export function takeRows(judge: ViewJudge, rows: readonly LogRow[], feed: Feed): void {
  if ('batchRows' in feed) {
    for (let at = 0; at < rows.length; at += feed.batchRows) judge.take(batchOf(rows.slice(at, at + feed.batchRows)));
  } else {
    const names = viewLogColumns.map(({ name }) => name);
    const definitions = feed.types.map(([columnType, flags], c) => ({ name: names[c], columnType, flags }));
    const decoder = judge.decoder(definitions, viewLogColumns);
    const bytes = Buffer.concat(rows.map((row) => packetOf(row, feed.types)));
    // What is left of a piece comes again with the next.
    let rest = Buffer.alloc(0);
    for (let at = 0; at < bytes.length; at += feed.pieceBytes) {
      const piece = Buffer.concat([rest, bytes.subarray(at, at + feed.pieceBytes)]);
      rest = piece.subarray(decoder.decode(piece, 0));
    }
    if (decoder.failure !== undefined) throw decoder.failure;
    if (decoder.rows !== rows.length || rest.length > 0) throw new Error(`${decoder.rows} of ${rows.length} rows`);
  }
}

/** As a scan of plain rows fills it. */
export function batchOf(rows: readonly LogRow[]): ColumnBatch {
  const batch = new ColumnBatch(viewLogColumns, Math.max(1, rows.length));
  rows.forEach(({ id: key, videoId, viewerId, viewedAt, playSeconds, adViews }, row) => {
    [key, videoId, viewerId].forEach((value, c) => {
      if (value === null) batch.putNull(row, c);
      else batch.int64(c).words.set(splitWords(value), 2 * row);
    });
    [viewedAt, playSeconds, adViews].forEach((value, c) => {
      if (value === null) batch.putNull(row, 3 + c);
      else batch.doubles(3 + c)[row] = value;
    });
  });
  batch.size = rows.length;
  return batch;
}

/** One row packet, as a server writes it. */
export function packetOf(row: LogRow, types: readonly (readonly [type: number, flags: number])[]): Buffer {
  const { videoId, viewerId, viewedAt, playSeconds, adViews } = row;
  const values = [row.id, videoId, viewerId, viewedAt, playSeconds, adViews];
  let nulls = 0;
  const parts = values.map((value, c) => {
    if (value === null) nulls |= 1 << (c + 2);
    if (value === null) return Buffer.alloc(0);
    if (types[c][0] === DATETIME) return datetimeOf(Number(value));
    const bytes = Buffer.alloc(8);
    bytes.writeBigInt64LE(BigInt(value));
    return bytes.subarray(0, types[c][0] === LONG ? 4 : 8);
  });
  const payload = Buffer.concat([Buffer.of(0, nulls), ...parts]);
  return Buffer.concat([Buffer.of(payload.length, 0, 0, 7), payload]);
}

/** As short as a server writes it: without what is 0. */
function datetimeOf(ms: number): Buffer {
  const time = new Date(ms);
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16LE(time.getUTCFullYear(), 1);
  bytes[3] = time.getUTCMonth() + 1;
  bytes[4] = time.getUTCDate();
  bytes[5] = time.getUTCHours();
  bytes[6] = time.getUTCMinutes();
  bytes[7] = time.getUTCSeconds();
  bytes.writeUInt32LE(time.getUTCMilliseconds() * 1000, 8);
  const length = time.getUTCMilliseconds() > 0 ? 11 : ms % 86_400_000 !== 0 ? 7 : 4;
  bytes[0] = length;
  return bytes.subarray(0, length + 1);
}
