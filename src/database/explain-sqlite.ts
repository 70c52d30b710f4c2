/** What SQLite tells of a statement without running it. */
import type { Executor } from './connection.ts';

const BY_PRIMARY_KEY = /^SEARCH \S+ USING (INTEGER )?PRIMARY KEY \(/;
const BY_INDEX = /^SEARCH \S+ USING (?:COVERING )?INDEX (\S+) \([^)]*=\?\)/;

/** See `Inspector.findsByKey`. */
export async function findsByKey(executor: Executor, relation: string, column: string): Promise<boolean> {
  const [table, name] = [relation, column].map((one) => `"${one.replaceAll('"', '""')}"`);
  const steps: { detail: string }[] = await executor.raw(
    `EXPLAIN QUERY PLAN SELECT ${name} FROM ${table} WHERE ${name} = 0`,
  );
  for (const { detail } of steps) {
    if (BY_PRIMARY_KEY.test(detail)) continue;
    const index = BY_INDEX.exec(detail)?.[1];
    if (index === undefined || !(await isUniqueOfOne(executor, index))) return false;
  }
  return true;
}

async function isUniqueOfOne(executor: Executor, index: string): Promise<boolean> {
  const [{ found }] = await executor.raw(
    `SELECT COUNT(*) AS found FROM sqlite_master AS m JOIN pragma_index_list(m.tbl_name) AS l ON l.name = m.name
     WHERE m.type = 'index' AND m.name = ? AND l."unique" = 1 AND l.partial = 0
       AND (SELECT COUNT(*) FROM pragma_index_info(m.name)) = 1`,
    [index],
  );
  return Number(found) === 1;
}
