/** What `settle doctor` looks at for the views: the log, its videos, and the tables of their statistics. */
import type { DomainHealth } from '../../../doctor/check.ts';
import { ALL, APPEND_AND_DELETE, APPEND_AND_UPDATE, READ } from '../../../doctor/privilege-sets.ts';
import { viewsSources } from '../sources.ts';
import { indexesCheck } from './indexes.ts';
import { redisCheck } from './redis.ts';
import { shardsCheck } from './shards.ts';
import { timesCheck } from './times.ts';

export const viewsHealth: DomainHealth = {
  checks: [indexesCheck, timesCheck, shardsCheck, redisCheck],
  imprecision: 'views 29.6 s apart may count as 30 s apart',
  columns: Object.fromEntries(viewsSources.map(({ table, columns }) => [table, columns])),
  privileges: {
    own: {
      settle_zone: ALL,
      settle_zone_map: ALL,
      settle_partial: ALL,
      settle_partial_verdicts: ALL,
      settle_partition_state: ALL,
      settle_quarantine_staged: ALL,
      settle_quarantine: ALL,
      settle_statistics_run: ALL,
      settle_ranking: ALL,
      settle_publication: APPEND_AND_UPDATE,
      settle_shard: APPEND_AND_DELETE,
      settle_read_head: ['SELECT', 'UPDATE'],
      settle_read_revision: APPEND_AND_UPDATE,
      settle_view_batch: APPEND_AND_DELETE,
    },
    sources: { view_log: READ, video: READ, video_daily_stats: ALL },
    imports: { view_log: ['INSERT', 'UPDATE'], video: ['INSERT', 'UPDATE'] },
  },
};
