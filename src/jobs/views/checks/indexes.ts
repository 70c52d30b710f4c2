/** The view log's indexes: its primary key is all that settle needs, and what its plans rest on. */
import type { Database } from '../../../database/database.ts';
import { type DomainCheck, type Finding, misconfigured, pass } from '../../../doctor/check.ts';

export const indexesCheck: DomainCheck = {
  name: 'indexes',
  before: 'clock',
  needsSchema: true,
  readsMapped: true,
  run: async ({ database }) => await examineKey(database),
};

/** Whether ranges of ids are ranges of `view_log` in that database. */
export async function examineKey({ dialect, knex }: Database): Promise<Finding> {
  if ((await dialect.inspect.relation(knex, 'view_log')) === 'view') {
    return pass('view_log is a view: what it reads from needs an index on id');
  }
  const key = (await dialect.inspect.primaryKey(knex, 'view_log')).map((name) => name.toLowerCase());
  if (key[0] !== 'id') {
    const found = key.length === 0 ? 'has no primary key' : `has the primary key (${key.join(', ')})`;
    return misconfigured(
      `view_log ${found}; it must be (id)`,
      'without it every range is a scan of the whole table: ALTER TABLE view_log ADD PRIMARY KEY (id)',
    );
  }
  // A partitioned table must have its partitions' column in every key.
  const has = `view_log has its primary key (${key.join(', ')})${key.length > 1 ? ', in which no id may occur twice' : ''}`;
  const byTime = await dialect.inspect.indexesOn(knex, 'view_log', 'viewed_at');
  return byTime.length === 0
    ? pass(`${has}; an index on viewed_at is not needed`)
    : pass(`${has}; settle does not use ${byTime.join(', ')} on viewed_at`);
}
