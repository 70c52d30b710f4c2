/**
 * Long lists in pieces, so that no statement carries more values than every database takes, or plans well: from 1,000
 * values on MariaDB makes a table of them and may read the whole other table beside it; up to 199 values, MariaDB and
 * MySQL look into the index how many rows there are of each, and beyond trust statistics, which lag behind.
 */

const UNIQUE_MAX = 900;
const REPEATED_MAX = 190;

/** For keys of which there is one row each. */
export function inGroups<T>(all: readonly T[]): Generator<readonly T[]> {
  return groupsOf(all, UNIQUE_MAX);
}

/** For values of an index that many rows can have. */
export function inSmallGroups<T>(all: readonly T[]): Generator<readonly T[]> {
  return groupsOf(all, REPEATED_MAX);
}

function* groupsOf<T>(all: readonly T[], size: number): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += size) yield all.slice(at, at + size);
}
