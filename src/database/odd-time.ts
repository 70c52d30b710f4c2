/**
 * Times in a column of texts (SQLite) that are not written as settle writes them. Zones, look-backs and `verify` compare
 * texts: `...T01:00` is after `... 23:00` there, so one such row would hide others, or be hidden. They are refused at once.
 */
import { ExitCode, SettleError } from '../errors.ts';
import type { Database } from './database.ts';

export interface OddTime {
  readonly key: string;
  readonly text: string;
}

/** The row with the lowest key whose time is written in another form; undefined on servers, which have a type for it. */
export async function findOddTime(
  { knex, dialect }: Database,
  { table, key, time }: { readonly table: string; readonly key: string; readonly time: string },
): Promise<OddTime | undefined> {
  const isOdd = dialect.isOddTime(dialect.quoteIdentifier(time));
  if (isOdd === undefined) return undefined;
  const row = await knex(table).whereRaw(isOdd).orderBy(key).first({ key, text: time });
  return row === undefined ? undefined : { key: String(row.key), text: String(row.text) };
}

/** Exit code 2, with the statement that rewrites every such row of which SQLite knows the time. */
export function oddTimeError(table: string, key: string, time: string, odd: OddTime): SettleError {
  return new SettleError(
    'ODD_TIME',
    ExitCode.usage,
    `${table}.${time} of the row with ${key} ${odd.key} is ${JSON.stringify(odd.text.slice(0, 60))}, which is not ${oddTimeForm}`,
    { hint: oddTimeHint(table, time) },
  );
}

const oddTimeForm = 'written YYYY-MM-DD HH:MM:SS.sss (UTC)';

function oddTimeHint(table: string, time: string): string {
  return (
    `texts are compared, so every row must have that form: UPDATE ${table} SET ${time} = strftime('%Y-%m-%d %H:%M:%f', ${time}) ` +
    `WHERE (length(${time}) <> 23 OR substr(${time}, 11, 1) <> ' ') AND julianday(${time}) IS NOT NULL; it leaves a text that is no time: correct that row by hand`
  );
}
