/** What a SELECT by `raw` gives, whatever the driver. */
import type { Row } from './values.ts';

/** What `knex.raw` gives for a SELECT: the rows on SQLite, the rows and their columns on servers. */
export function rowsOf(result: unknown): Row[] {
  if (!Array.isArray(result)) throw new TypeError('not the result of a SELECT');
  return Array.isArray(result[0]) ? result[0] : result;
}
