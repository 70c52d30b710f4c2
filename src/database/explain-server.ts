/** What MariaDB and MySQL tell of a statement without running it. */
import type { Executor } from './connection.ts';
import { toSettleError } from './errors.ts';
import { quoteIdentifier } from './quote-server.ts';
import { type Row, toTextOrNull } from './values.ts';

/** How a row is found that a unique key names. `ref` is a part of a primary key, as partitioned tables need it. */
const UNIQUE_ACCESS = ['const', 'system', 'eq_ref', ''];

/** See `Inspector.findsByKey`. Asked for a value that is there: of one that is not, the server looks no further. */
export async function findsByKey(executor: Executor, relation: string, column: string): Promise<boolean | undefined> {
  const [table, name] = [relation, column].map(quoteIdentifier);
  const [[first]] = await executor.raw(`SELECT ${name} AS value FROM ${table} LIMIT 1`);
  let steps: Row[];
  try {
    const sql = `EXPLAIN FORMAT=TRADITIONAL SELECT ${name} FROM ${table} WHERE ${name} = ?`;
    [steps] = await executor.raw(sql, [first?.value ?? 0]);
  } catch (error) {
    // Of a view only who may see it, and may read what it reads.
    if (toSettleError(error).code === 'DATABASE_PRIVILEGE_MISSING') return undefined;
    throw error;
  }
  return steps.every((step) => {
    const [kind, type, key] = [step.select_type, step.type, step.key].map((one) => toTextOrNull(one) ?? '');
    if (/derived|union|materialized/i.test(kind)) return false;
    if (!/^(simple|primary)$/i.test(kind)) return true;
    return UNIQUE_ACCESS.includes(type.toLowerCase()) || (type === 'ref' && key === 'PRIMARY');
  });
}
