/** What an operator does about a row in quarantine, by its reason: where it is corrected. */
import type { QuarantineReason } from '../rules/verdict.ts';

const advice: Readonly<Record<QuarantineReason, string>> = {
  undated: 'view_log.viewed_at: set the time of the row',
  'unknown-video': 'video: add the row of the video (`settle import videos FILE`)',
  'missing-viewer': 'view_log.viewer_id: set the viewer of the row',
  'unreadable-viewer': 'view_log.viewer_id: correct it, a whole number of 63 bits',
  'unreadable-play-seconds': 'view_log.play_seconds: correct it, a whole number',
  'unreadable-ad-views': 'view_log.ad_views: correct it, a whole number',
  'missing-play-seconds': 'view_log.play_seconds: set it',
  'negative-play-seconds': 'view_log.play_seconds: correct it',
  'excessive-play-seconds': 'view_log.play_seconds: correct it, at most 86,400',
  'missing-ad-views': 'view_log.ad_views: set it',
  'negative-ad-views': 'view_log.ad_views: correct it',
};

/** Table, column and what to do; a dash for a reason of another version. */
export function quarantineAdvice(reason: string): string {
  return Object.hasOwn(advice, reason) ? advice[reason as QuarantineReason] : '-';
}
