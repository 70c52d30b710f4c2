import type { ProgressSink } from '../../engine/progress.ts';

export interface ProgressDisplay {
  readonly sink: ProgressSink;
  /** Ends the display and its timers. Idempotent. */
  end(): void;
}
