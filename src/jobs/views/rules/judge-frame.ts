/** What frames the judging of views, and what identifies a pair of viewer and video. */
import type { ViewPolicy } from './verdict.ts';

/** The instants that frame a run; milliseconds since 1970. */
export interface JudgeFrame {
  readonly dayStartMs: number;
  readonly dayEndMs: number;
  /** Rows from here on are looked at, to know the windows that are open at the start of the day. */
  readonly lookbackStartMs: number;
  readonly policy: ViewPolicy;
}

/** Words of 64-bit integers, low and high. */
export interface PairWords {
  readonly viewerLo: number;
  readonly viewerHi: number;
  readonly videoLo: number;
  readonly videoHi: number;
}

/** Identity of a pair as text; for the rare look-ups only. Plans keep it. */
export function pairKey(viewerLo: number, viewerHi: number, videoLo: number, videoHi: number): string {
  return `${viewerHi},${viewerLo}:${videoHi},${videoLo}`;
}

/** What `pairKey` was given. */
export function readPairKey(key: string): PairWords {
  const [viewerHi, viewerLo, videoHi, videoLo] = key.split(/[,:]/).map(Number);
  return { viewerLo, viewerHi, videoLo, videoHi };
}
