/** Long lists in pieces, so that no statement carries more values than every database takes. */

const GROUP_SIZE_MAX = 1_000;

export function* inGroups<T>(all: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < all.length; at += GROUP_SIZE_MAX) yield all.slice(at, at + GROUP_SIZE_MAX);
}
