/**
 * A series of runs of one job, several at a time: what a run may do beside the others it does, each other step waits for
 * the run before. A run that failed holds up the steps that it has not behind it, and nothing else.
 */
import type { StepGate } from './run-state.ts';

/** What the next run of the series must know of this one, when it has ended. */
export interface LinkEnd {
  readonly isComplete: boolean;
  /** Of a run that is not complete: whether it has completed the step, now or earlier. */
  hasCompleted(step: string): Promise<boolean>;
}

export interface InOrderOptions {
  /** Runs at a time, at least 1. */
  readonly parallel: number;
  /** Steps that need nothing of the other runs. */
  readonly sideBySide: ReadonlySet<string>;
  /** No run is started after it has aborted. */
  readonly signal: AbortSignal;
  /** Called when a run is not to go beyond the step because of the one before it. */
  readonly onHeldUp: (index: number, step: string) => void;
}

/**
 * Starts runs in the order of their numbers, 0 to `count` - 1. Ends when all that were started have ended.
 * @param run must not reject: how it ended is its result
 */
export async function runInOrder(
  count: number,
  { parallel, sideBySide, signal, onHeldUp }: InOrderOptions,
  run: (index: number, gate: StepGate) => Promise<LinkEnd>,
): Promise<void> {
  const ends: Promise<LinkEnd>[] = [];
  const gateOf =
    (index: number): StepGate =>
    async (step, stop) => {
      if (index === 0 || sideBySide.has(step)) return 'go';
      // Runs start in order, so the one before has begun.
      const before = await endOrAbort(ends[index - 1], stop);
      if (before === undefined) return 'stop';
      if (before.isComplete || (await before.hasCompleted(step))) return 'go';
      onHeldUp(index, step);
      return 'stop';
    };
  const lane = async () => {
    while (ends.length < count && !signal.aborted) {
      const index = ends.length;
      ends.push(run(index, gateOf(index)));
      await ends[index];
    }
  };
  await Promise.all(Array.from({ length: parallel }, lane));
}

/** Undefined when the signal came first. */
async function endOrAbort<T>(end: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  if (signal.aborted) return undefined;
  const { promise: aborted, resolve } = Promise.withResolvers<undefined>();
  const onAbort = () => resolve(undefined);
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    return await Promise.race([end, aborted]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}
