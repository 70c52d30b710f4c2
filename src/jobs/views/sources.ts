/** The tables of the platform that the views are read from. Imports no job: the start of every command asks for them. */
import type { SourceTable } from '../../mapping/mapping.ts';
import { targetsOf } from '../import/target-columns.ts';

export const viewsSources: readonly SourceTable[] = [
  {
    setting: 'views',
    table: 'view_log',
    columns: targetsOf.views[0].columns,
    // The map of the log's ids is that of another table, also where it is a shard among others.
    async forget(executor) {
      for (const table of ['settle_zone', 'settle_zone_map']) {
        await executor(table).where({ table_name: 'view_log' }).orWhere('table_name', 'like', 'view_log@%').del();
      }
    },
  },
  { setting: 'videos', table: 'video', columns: targetsOf.videos[0].columns },
];
