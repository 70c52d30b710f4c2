/** What a load on `settle serve` is told, and what comes of it. */

export interface LoadOptions {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  /** Asked for in turn: each connection has ten of them. */
  readonly paths: readonly string[];
  readonly connections: number;
  readonly seconds: number;
}

/** Milliseconds from a request to the end of its answer, beside answers a second. */
export interface Load {
  readonly perSecond: number;
  readonly p50: number;
  readonly p95: number;
  readonly p99: number;
  readonly slowest: number;
  /** Answers before it was measured. */
  readonly warm: number;
  /** Connections that failed, answers that came too late, and answers other than 200. */
  readonly errors: number;
}
