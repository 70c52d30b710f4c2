/**
 * How much of a long sweep a run of the tests does: a sample that is spread over the whole and differs from one database
 * to the other, a denser one on SQLite, the fastest. `make test-thorough` does all of it everywhere.
 */
import type { DatabaseKind } from './databases.ts';

export const isThorough = process.env.SETTLE_TEST_THOROUGH === '1';

/** `less` on servers, unless everything is asked for. */
export function onServers<T>(kind: DatabaseKind, all: T, less: T): T {
  return isThorough || kind === 'sqlite' ? all : less;
}

/** Every `stride`th of the points, on SQLite about every half `stride`th, beside the first and the last. */
export function spread<T>(kind: DatabaseKind, points: readonly T[], stride: number): T[] {
  if (isThorough) return [...points];
  // Odd strides meet what comes in twos, as kills before and after a commit do, in turn.
  const every = kind === 'sqlite' ? Math.ceil(stride / 2) | 1 : stride;
  const offset = kind === 'mysql' ? Math.floor(every / 2) : 0;
  return points.filter((_, at) => at === 0 || at === points.length - 1 || at % every === offset);
}
