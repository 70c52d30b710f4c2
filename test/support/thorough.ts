/**
 * How much of a long sweep a run of the tests does: all of it on SQLite, the fastest, and on servers a sample that is
 * spread over the whole and differs from one server to the other. `make test-thorough` does all of it everywhere.
 */
import type { DatabaseKind } from './databases.ts';

export const isThorough = process.env.SETTLE_TEST_THOROUGH === '1';

/** `less` on servers, unless everything is asked for. */
export function onServers<T>(kind: DatabaseKind, all: T, less: T): T {
  return isThorough || kind === 'sqlite' ? all : less;
}

/** On servers every `stride`th of the points, beside the first and the last. */
export function spread<T>(kind: DatabaseKind, points: readonly T[], stride: number): T[] {
  const every = onServers(kind, 1, stride);
  const offset = kind === 'mysql' ? Math.floor(every / 2) : 0;
  return points.filter((_, at) => at === 0 || at === points.length - 1 || at % every === offset);
}
