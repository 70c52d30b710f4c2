/**
 * Measures for how long the main thread's event loop was kept from its turn: while it is blocked, no heartbeat is sent,
 * no stop is noticed and no worker is answered. Only where SETTLE_MEASURE=1 asks for it: it costs a timer of 5 ms.
 */

import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Environment, environment } from '../environment.ts';

/** Milliseconds between two turns that nothing delays; a delay is what goes beyond it. */
const RESOLUTION_MS = 5;
const NS_A_MS = 1e6;

export interface LoopDelay {
  /** Milliseconds. */
  readonly maxMs: number;
  readonly p99Ms: number;
  /** The step, or `start`, in which the longest delay ended. */
  readonly longestIn: string;
  /** Longest delay of each step so far. */
  readonly steps: Readonly<Record<string, number>>;
}

export class EventLoopMeasure {
  readonly #whole = startMonitor();
  /** Since the last note. */
  readonly #since = startMonitor();
  readonly #steps: Record<string, number> = {};

  /** Attributes what was measured since the last note to `step`, and returns the whole until now. */
  async note(step: string): Promise<LoopDelay> {
    // A delay is measured at the turn that it delayed, which has not come yet where nothing but promises was waited for.
    await sleep(2 * RESOLUTION_MS);
    const maxMs = delayMs(this.#since.max);
    this.#since.reset();
    this.#steps[step] = Math.max(maxMs, this.#steps[step] ?? 0);
    const [longestIn] = Object.entries(this.#steps).reduce((a, b) => (b[1] > a[1] ? b : a));
    return {
      maxMs: delayMs(this.#whole.max),
      p99Ms: delayMs(this.#whole.percentile(99)),
      longestIn,
      steps: { ...this.#steps },
    };
  }

  end(): void {
    this.#whole.disable();
    this.#since.disable();
  }
}

/** Undefined where nobody asks for it. */
export function measureEventLoop(variables: Environment = environment()): EventLoopMeasure | undefined {
  return variables.SETTLE_MEASURE === '1' ? new EventLoopMeasure() : undefined;
}

function startMonitor(): ReturnType<typeof monitorEventLoopDelay> {
  const monitor = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  monitor.enable();
  return monitor;
}

/** From nanoseconds between two turns; in tenths of a millisecond. An empty histogram has none. */
function delayMs(ns: number): number {
  return Math.max(0, Math.round((ns / NS_A_MS - RESOLUTION_MS) * 10) / 10);
}
