/** The tables of the platform that the views are read from. Imports no job: the start of every command asks for them. */
import type { SourceTable } from '../../mapping/mapping.ts';

export const viewsSources: readonly SourceTable[] = [
  {
    setting: 'views',
    table: 'view_log',
    columns: {
      id: 'integer',
      video_id: 'integer',
      viewer_id: 'integer',
      viewed_at: 'time',
      play_seconds: 'integer',
      ad_views: 'integer',
    },
    // The map of the log's ids is that of another table.
    async forget(executor) {
      for (const table of ['settle_zone', 'settle_zone_map'])
        await executor(table).where({ table_name: 'view_log' }).del();
    },
  },
  { setting: 'videos', table: 'video', columns: { id: 'integer', creator_id: 'integer' } },
];
