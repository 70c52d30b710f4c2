/**
 * A doorbell of workers: it says that there may be something to take, and nothing else. What it says may come late, twice
 * or never: whoever hears it looks at the database, where the claims are.
 */

/** What there is to take; of a run that waits for its process, `step` is empty, and `plan` and `partition` are 0. */
export interface Ring {
  readonly instance: number;
  readonly step: string;
  readonly plan: number;
  readonly partition: number;
  readonly epoch: number;
}

export interface Doorbell {
  /** False while its server does not answer: then whoever waits looks more often. */
  readonly isThere: boolean;
  /** Returns at once and never throws; what is not sent now is rung for again by a later sweep. */
  ring(rings: readonly Ring[]): void;
  /** Resolves when it has rung since the last call, after so many milliseconds, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  /** Resolves within seconds, whatever its server does. */
  close(): Promise<void>;
}
