/** What a client that posts views is told, and what comes of it. */

export interface PostOptions {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly token: string;
  readonly views: number;
  /** Of one request. */
  readonly batch: number;
  /** Each has viewers of its own, and one batch on its way at a time. */
  readonly clients: number;
  /** The views come from here on, in order of time, as many a second as of a million a day. Milliseconds since 1970. */
  readonly fromMs: number;
  /** Ids from 1 on. */
  readonly videos: number;
  /** Viewers have ids above it. */
  readonly viewersAbove: number;
}

export interface Posted {
  readonly seconds: number;
  /** Milliseconds of a batch, from its first request to its answer. */
  readonly p50: number;
  readonly p99: number;
  /** Views by what they were told. */
  readonly counted: number;
  readonly repeat: number;
  readonly unchecked: number;
  readonly other: number;
  /** Requests that were answered by 429 or 503, and sent again. */
  readonly sentAgain: number;
  /** Views of pairs without an unchecked one that were told otherwise than the 30 s rule says. */
  readonly misjudged: number;
}
