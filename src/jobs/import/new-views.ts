/**
 * Which rows of a chunk are new. A file that was imported in part, corrected and imported again holds rows that are
 * already in view_log: those are passed over when they are the same, and end the import when they are not.
 */
import type { Database } from '../../database/database.ts';
import { instantText, parseInstant } from '../../database/instant.ts';
import type { Integer, SqlValue } from '../../database/values.ts';
import { malformed } from './malformed.ts';
import type { ViewRow } from './view-row.ts';

const IDS_PER_QUERY = 500;
const COLUMNS = ['id', 'video_id', 'viewer_id', 'viewed_at', 'play_seconds', 'ad_views'];

/** Place of the time in `ViewValues`. */
export const VIEWED_AT = COLUMNS.indexOf('viewed_at');

/** In the order of `viewLogTarget`. */
export type ViewValues = readonly SqlValue[];

/** The values of those rows that are not in view_log yet. Every row has an id. Throws MALFORMED_INPUT on a clash. */
export async function newViews(database: Database, rows: readonly ViewRow[], file: string): Promise<ViewValues[]> {
  const values = rows.map((row) => toValues(row));
  const known = new Map<string, ViewValues>();
  if (await hasIdsBetween(database, rows)) await readKnown(database, values, known);
  // The usual file is ascending, and then no id comes twice.
  if (known.size === 0 && isAscending(rows)) return values;
  return values.filter((row, index) => {
    const id = String(row[0]);
    const other = known.get(id);
    if (other === undefined) {
      known.set(id, row);
      return true;
    }
    if (sameValues(row, other)) return false;
    throw malformed(
      file,
      rows[index].line,
      `id ${id} is taken by a different row`,
      'nothing is overwritten: give these rows other ids, or delete the ones in view_log',
    );
  });
}

/** The values of a row, under the id that it has or is given. */
export function toValues(row: ViewRow, id = row.id): ViewValues {
  const { videoId, viewerId, viewedAt, playSeconds, adViews } = row;
  return [id!, videoId, viewerId, viewedAt === null ? null : instantText(viewedAt), playSeconds, adViews];
}

/** One look into the index saves the search for each id in the usual case of a file with new ids only. */
async function hasIdsBetween({ knex }: Database, rows: readonly ViewRow[]): Promise<boolean> {
  let min = rows[0].id!;
  let max = min;
  for (const { id } of rows) {
    if (id! < min) min = id!;
    if (id! > max) max = id!;
  }
  return (
    (await knex('view_log')
      .whereBetween('id', [bound(min), bound(max)])
      .first('id')) !== undefined
  );
}

async function readKnown(
  { knex }: Database,
  rows: readonly ViewValues[],
  known: Map<string, ViewValues>,
): Promise<void> {
  for (let from = 0; from < rows.length; from += IDS_PER_QUERY) {
    const ids = rows.slice(from, from + IDS_PER_QUERY).map((row) => bound(row[0] as Integer));
    for (const row of await knex('view_log').whereIn('id', ids).select(COLUMNS)) {
      known.set(
        String(row.id),
        COLUMNS.map((column) => row[column]),
      );
    }
  }
}

/** The drivers bind a bigint exactly; only knex's types do not know it. */
function bound(id: Integer): number {
  return id as number;
}

function isAscending(rows: readonly ViewRow[]): boolean {
  for (let i = 1; i < rows.length; i++) if (rows[i].id! <= rows[i - 1].id!) return false;
  return true;
}

function sameValues(a: ViewValues, b: ViewValues): boolean {
  return a.every((value, index) => {
    const other = b[index];
    return String(value) === String(other) || (index === VIEWED_AT && isSameInstant(value, other));
  });
}

/** A column of whole seconds or of microseconds, and what other programs write in SQLite, give the time in another form. */
function isSameInstant(a: SqlValue, b: SqlValue): boolean {
  return typeof a === 'string' && typeof b === 'string' && parseInstant(a) === parseInstant(b);
}
