/**
 * Reads view_log and video for the oracles, and writes logs that tests have built, by the plain drivers: no knex, no
 * column scan, nothing of src/. Everything is exact: 64-bit ids are bigints, times are milliseconds UTC.
 */
import Database from 'better-sqlite3';
import mysql from 'mysql2/promise';
import type { LogRow, Videos } from './daily-statistics.ts';

export interface Log {
  readonly rows: readonly LogRow[];
  readonly videos: Videos;
}

type Cell = string | number | bigint | null;

const SELECT_ROWS = 'SELECT id, video_id, viewer_id, viewed_at, play_seconds, ad_views FROM view_log ORDER BY id';
const SELECT_VIDEOS = 'SELECT id, creator_id FROM video ORDER BY id';
const ROWS_PER_INSERT = 500;

/** The whole log and all videos of the database at `url` (`sqlite:PATH`, `mysql://...` or `mariadb://...`). */
export async function readLog(url: string): Promise<Log> {
  const [rows, videos] = await withConnection(url, async (query) => [
    await query(SELECT_ROWS, []),
    await query(SELECT_VIDEOS, []),
  ]);
  return {
    rows: rows.map(([id, videoId, viewerId, viewedAt, playSeconds, adViews]) => ({
      id: BigInt(id!),
      videoId: toBigInt(videoId),
      viewerId: toBigInt(viewerId),
      viewedAt: viewedAt === null ? null : Date.parse(`${String(viewedAt).replace(' ', 'T')}Z`),
      playSeconds: playSeconds === null ? null : Number(playSeconds),
      adViews: adViews === null ? null : Number(adViews),
    })),
    videos: new Map(videos.map(([id, creatorId]) => [BigInt(id!), toBigInt(creatorId)])),
  };
}

/** Inserts `log` into existing tables view_log and video, in the order in which the rows are given. */
export async function writeLog(url: string, log: Log): Promise<void> {
  await withConnection(url, async (query) => {
    await query('BEGIN', []);
    const videos = [...log.videos].map(([id, creatorId]) => [id, creatorId]);
    await insert(query, 'video (id, creator_id)', videos);
    const rows = log.rows.map((row) => [
      row.id,
      row.videoId,
      row.viewerId,
      row.viewedAt === null ? null : new Date(row.viewedAt).toISOString().replace('T', ' ').slice(0, 23),
      row.playSeconds,
      row.adViews,
    ]);
    await insert(query, 'view_log (id, video_id, viewer_id, viewed_at, play_seconds, ad_views)', rows);
    await query('COMMIT', []);
  });
}

type Query = (sql: string, values: readonly Cell[]) => Promise<Cell[][]>;

async function insert(query: Query, target: string, rows: readonly (readonly Cell[])[]): Promise<void> {
  for (let from = 0; from < rows.length; from += ROWS_PER_INSERT) {
    const slice = rows.slice(from, from + ROWS_PER_INSERT);
    const tuples = slice.map((row) => `(${row.map(() => '?').join(',')})`).join(',');
    await query(`INSERT INTO ${target} VALUES ${tuples}`, slice.flat());
  }
}

async function withConnection<T>(url: string, work: (query: Query) => Promise<T>): Promise<T> {
  if (url.startsWith('sqlite:')) {
    const db = new Database(url.slice('sqlite:'.length));
    try {
      db.pragma('busy_timeout = 10000');
      return await work(async (sql, values) => {
        const statement = db.prepare(sql).safeIntegers();
        if (statement.reader) return statement.raw().all(...values) as Cell[][];
        statement.run(...values);
        return [];
      });
    } finally {
      db.close();
    }
  }
  const connection = await mysql.createConnection({
    uri: url.replace(/^mariadb:/, 'mysql:'),
    timezone: 'Z',
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
    rowsAsArray: true,
  });
  try {
    return await work(async (sql, values) => {
      const texts = values.map((value) => (typeof value === 'bigint' ? value.toString() : value));
      const [result] = await connection.query(sql, texts);
      return Array.isArray(result) ? (result as unknown as Cell[][]) : [];
    });
  } finally {
    await connection.end();
  }
}

function toBigInt(cell: Cell): bigint | null {
  return cell === null ? null : BigInt(cell);
}
