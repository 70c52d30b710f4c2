/**
 * One digest for each table that runs compute, of its rows in order of their columns: equal when the tables are, whoever
 * computed them. Left out are ids of executions, times of day and what an engine keeps for itself.
 */
import { createHash } from 'node:crypto';
import { openDatabase } from '../../src/database/open.ts';

const OWN =
  /^(batch_|settle_(migration|fence|lease|lock|claim|zone|partition|skipped|audit|settlement_lock|outbox_lane|read_head|read_revision|step_progress|offer)|sqlite_|knex_)/i;
/** Where they are part of a hash, the ledger's own verification compares them. */
const VARYING =
  /^(job_execution_id|execution_id|computed_at|created_at|imported_at|posted_at|completed_at|previous_hash|hash|last_hash)$/;

export async function digestResults(url: string): Promise<Record<string, string>> {
  const database = await openDatabase(url, { create: false });
  try {
    const { knex } = database;
    const listed: Record<string, unknown>[] = url.startsWith('sqlite:')
      ? await knex('sqlite_master').where({ type: 'table' }).select('name')
      : await knex('information_schema.TABLES')
          .whereRaw("TABLE_SCHEMA = DATABASE() AND TABLE_TYPE = 'BASE TABLE'")
          .select('TABLE_NAME as name');
    const digests: Record<string, string> = {};
    for (const name of listed.map((row) => String(row.name)).sort()) {
      if (OWN.test(name)) continue;
      const rows: Record<string, unknown>[] = await knex(name).select('*');
      if (rows.length === 0) continue;
      const texts = rows.map((row) => {
        // A record names its execution.
        const isRecord = name === 'settle_journal' && row.kind === 'record';
        // How many rows beside the date's a run reads depends on its partitions.
        if (name === 'settle_statistics_run') row.verdicts = verdictsOfDate(String(row.verdicts));
        const kept = Object.entries(row).filter(([column]) => !VARYING.test(column) && !(isRecord && column !== 'id'));
        return JSON.stringify(kept, (_, value) => (typeof value === 'bigint' ? String(value) : value));
      });
      digests[name] = `${rows.length} rows, ${createHash('sha256').update(texts.sort().join('\n')).digest('hex')}`;
    }
    return digests;
  } finally {
    await database.close();
  }
}

function verdictsOfDate(text: string): Record<string, number> {
  const { invalid, self, repeat, counted } = JSON.parse(text) as Record<string, number>;
  return { invalid, self, repeat, counted };
}
