/** The view log, its statistics, rankings and zones. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as viewLog } from './0101_view_log.ts';
import { migration as video } from './0102_video.ts';
import { migration as videoDailyStats } from './0103_video_daily_stats.ts';
import { migration as settleZone } from './0104_settle_zone.ts';
import { migration as settleZoneMap } from './0105_settle_zone_map.ts';
import { migration as settlePartial } from './0106_settle_partial.ts';
import { migration as settlePartialVerdicts } from './0107_settle_partial_verdicts.ts';
import { migration as settlePartitionState } from './0108_settle_partition_state.ts';
import { migration as settleQuarantineStaged } from './0109_settle_quarantine_staged.ts';
import { migration as settleQuarantine } from './0110_settle_quarantine.ts';
import { migration as settleStatisticsRun } from './0111_settle_statistics_run.ts';
import { migration as settleRanking } from './0112_settle_ranking.ts';
import { migration as statisticsRunLogEnd } from './0751_statistics_run_log_end.ts';
import { migration as settlePublication } from './0806_settle_publication.ts';
import { migration as settleReadHead } from './0950_settle_read_head.ts';
import { migration as settleReadRevision } from './0951_settle_read_revision.ts';
import { migration as settleReadStart } from './0952_settle_read_start.ts';
import { migration as settleViewBatch } from './0953_settle_view_batch.ts';
import { migration as settleShard } from './0986_settle_shard.ts';

export const viewsMigrations: readonly Migration[] = [
  viewLog,
  video,
  videoDailyStats,
  settleZone,
  settleZoneMap,
  settlePartial,
  settlePartialVerdicts,
  settlePartitionState,
  settleQuarantineStaged,
  settleQuarantine,
  settleStatisticsRun,
  settleRanking,
  statisticsRunLogEnd,
  settlePublication,
  settleReadHead,
  settleReadRevision,
  settleReadStart,
  settleViewBatch,
  settleShard,
];
