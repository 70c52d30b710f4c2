/** The view log's indexes: its primary key is all that settle needs, and what its plans rest on. */
import { type Check, misconfigured, pass } from '../check.ts';

export const indexesCheck: Check = {
  name: 'indexes',
  needsSchema: true,
  async run({ database: { dialect, knex } }) {
    const key = await dialect.inspect.primaryKey(knex, 'view_log');
    if (key.join() !== 'id') {
      const found = key.length === 0 ? 'has no primary key' : `has the primary key (${key.join(', ')})`;
      return misconfigured(
        `view_log ${found}; it must be (id)`,
        'without it every range is a scan of the whole table: ALTER TABLE view_log ADD PRIMARY KEY (id)',
      );
    }
    const byTime = await dialect.inspect.indexesOn(knex, 'view_log', 'viewed_at');
    return byTime.length === 0
      ? pass('view_log has its primary key (id); an index on viewed_at is not needed')
      : pass(`view_log has its primary key (id); settle does not use ${byTime.join(', ')} on viewed_at`);
  },
};
