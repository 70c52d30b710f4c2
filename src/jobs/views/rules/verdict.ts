/**
 * The verdicts on a view (domain.md section 2): their names, their order, the policy behind them and why a row is
 * invalid. The repeat rule is in kernel/window.h.
 */

/** In the order in which they are tried. Every row read gets exactly one. */
export const verdicts = ['undated', 'outside', 'invalid', 'self', 'repeat', 'counted'] as const;
export type Verdict = (typeof verdicts)[number];

/** Rows by verdict. `read` is the sum of the others, or the run is broken. */
export type VerdictCounts = Record<Verdict, number>;

export function noVerdicts(): VerdictCounts {
  return { undated: 0, outside: 0, invalid: 0, self: 0, repeat: 0, counted: 0 };
}

export function sumVerdicts(counts: VerdictCounts): number {
  return verdicts.reduce((sum, verdict) => sum + counts[verdict], 0);
}

/** What a business may want otherwise; stored with the results that it made. */
export interface ViewPolicy {
  /** A row this close after the pair's last counted one is a repeat; milliseconds. */
  readonly repeatWindowMs: number;
  /** The longest believable play time of one view; seconds. */
  readonly playSecondsMax: number;
}

/** The product's default policy. */
export const defaultViewPolicy: ViewPolicy = { repeatWindowMs: 30_000, playSecondsMax: 86_400 };

/**
 * Why a row is in quarantine. The first that applies, in this order. Unreadable is a value that is no signed integer of
 * 64 bits, or of 53 where it is a number of seconds or ads.
 */
export const quarantineReasons = [
  'undated',
  'unknown-video',
  'missing-viewer',
  'unreadable-viewer',
  'missing-play-seconds',
  'unreadable-play-seconds',
  'negative-play-seconds',
  'excessive-play-seconds',
  'missing-ad-views',
  'unreadable-ad-views',
  'negative-ad-views',
] as const;
export type QuarantineReason = (typeof quarantineReasons)[number];

/** The reason why a dated row of a known video is invalid, or undefined. NULL comes as NaN. */
export function invalidReason(
  policy: ViewPolicy,
  viewerKnown: boolean,
  playSeconds: number,
  adViews: number,
): QuarantineReason | undefined {
  if (!viewerKnown) return 'missing-viewer';
  if (Number.isNaN(playSeconds)) return 'missing-play-seconds';
  if (playSeconds < 0) return 'negative-play-seconds';
  if (playSeconds > policy.playSecondsMax) return 'excessive-play-seconds';
  if (Number.isNaN(adViews)) return 'missing-ad-views';
  if (adViews < 0) return 'negative-ad-views';
  return undefined;
}
