/**
 * How much of a long sweep a run of the tests does: a sample that is spread over the whole and differs from one database
 * to the other, a denser one on SQLite, the fastest. `make test-thorough` does all of it everywhere.
 */
import type { DatabaseKind } from './database-kind.ts';

export const isThorough = process.env.SETTLE_TEST_THOROUGH === '1';

/** `less` on servers, unless everything is asked for. */
export function onServers<T>(kind: DatabaseKind, all: T, less: T): T {
  return isThorough || kind === 'sqlite' ? all : less;
}

/** So many points a sweep meets at most in a sample; a kill, a restart and a comparison take 2 to 5 seconds of processor. */
const SQLITE_MAX = 4;
const SERVERS_MAX = 3;

/** Every `stride`th of the points, on SQLite about every half `stride`th, beside the first and the last; few in any case. */
export function spread<T>(kind: DatabaseKind, points: readonly T[], stride: number): T[] {
  if (isThorough) return [...points];
  const max = kind === 'sqlite' ? SQLITE_MAX : SERVERS_MAX;
  const asked = kind === 'sqlite' ? Math.ceil(stride / 2) : stride;
  // Odd strides meet what comes in twos, as kills before and after a commit do, in turn.
  const every = Math.max(asked, Math.ceil(points.length / max)) | 1;
  const offset = kind === 'mysql' ? Math.floor(every / 2) : 0;
  return points.filter((_, at) => at === 0 || at === points.length - 1 || at % every === offset);
}

/**
 * Of a run's statements, by number from 1: the first, the last, and those that decide. On SQLite another writer gets in
 * only between transactions: there a statement of a transaction is met at its beginning.
 * @param sqls statement `point` is `sqls[point - 1]`
 * @param decisive what the statements have in them before which a rival makes a difference: reads, and locks that are taken
 */
export function decisivePoints(
  kind: DatabaseKind,
  points: readonly number[],
  sqls: readonly string[],
  decisive: RegExp,
): readonly number[] {
  if (isThorough) return points;
  const met = points.filter((point) => decisive.test(sqls[point - 1]));
  if (met.length === 0) throw new Error(`no statement has ${decisive} in it`);
  const opened = (point: number) => {
    const begun = sqls.slice(0, point).findLastIndex((sql) => /^(begin|commit)/i.test(sql));
    return kind === 'sqlite' && /^begin/i.test(sqls[begun] ?? '') ? begun + 1 : point;
  };
  return [...new Set([points[0], ...met.map(opened), points[points.length - 1]])];
}
