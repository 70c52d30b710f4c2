/**
 * Turns of the event loop: what works on for long gives others a turn now and then, so that heartbeats, signals and
 * messages of workers are not kept waiting. Promises alone do not: where nothing waits for a socket or a timer, as on
 * SQLite, a whole step can run within one turn.
 */
import { setImmediate as nextTurn } from 'node:timers/promises';

/** A turn every so often; the event loop is to be blocked for 50 ms at most. */
const TURN_MS = 10;

let lastTurnMs = performance.now();

/** Whether this thread has worked on for so long that it is time for `giveTurn`. Cheap enough for every row. */
export function turnIsDue(): boolean {
  return performance.now() - lastTurnMs >= TURN_MS;
}

/** Lets timers, messages and sockets have their turn. */
export async function giveTurn(): Promise<void> {
  await nextTurn();
  lastTurnMs = performance.now();
}
