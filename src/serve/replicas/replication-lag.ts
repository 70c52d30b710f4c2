/** What a server says of its own replication. */
import type { Executor } from '../../database/database.ts';
import type { Row } from '../../database/values.ts';

export interface ReplicationLag {
  /** Undefined: it does not run, or is not connected. */
  readonly seconds: number | undefined;
  /** Why it does not run, as the server says it. */
  readonly reason: string;
}

const ER_PARSE_ERROR = 1064;
/** MariaDB 10.5, MySQL 8.0.22; and what they were called before. */
const STATEMENTS = ['SHOW REPLICA STATUS', 'SHOW SLAVE STATUS'];

/** Undefined: the server replicates nothing, or this user may not ask (REPLICATION CLIENT; on MariaDB SLAVE MONITOR). */
export async function readReplicationLag(knex: Executor): Promise<ReplicationLag | undefined> {
  for (const statement of STATEMENTS) {
    try {
      const [rows]: Row[][] = await knex.raw(statement);
      return rows.length === 0 ? undefined : lagOf(rows);
    } catch (error) {
      if ((error as { errno?: number }).errno === ER_PARSE_ERROR) continue;
      if (isRefusal(error)) return undefined;
      throw error;
    }
  }
  return undefined;
}

/** Access denied: for a privilege (1227), or to the server's list of them (1045, 1142). */
function isRefusal(error: unknown): boolean {
  return [1045, 1142, 1227].includes((error as { errno?: number }).errno ?? 0);
}

/** Of several sources the one that is furthest behind. */
function lagOf(rows: readonly Row[]): ReplicationLag {
  let seconds: number | undefined = 0;
  let reason = '';
  for (const row of rows) {
    const behind = row.Seconds_Behind_Source ?? row.Seconds_Behind_Master;
    if (behind === null || behind === undefined) {
      seconds = undefined;
      reason ||= String(row.Last_SQL_Error || row.Last_IO_Error || 'replication does not run');
    } else if (seconds !== undefined) seconds = Math.max(seconds, Number(behind));
  }
  return { seconds, reason: reason.replace(/\s+/g, ' ').slice(0, 200) };
}
