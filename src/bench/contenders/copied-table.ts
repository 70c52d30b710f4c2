/** Copies the view log into an empty table of a database beside it; and inserts its rows there plainly. */
import { fileURLToPath } from 'node:url';
import type { Database } from '../../database/database.ts';
import { toNumber } from '../../database/values.ts';
import { workerModule } from '../../partition/worker-module.ts';
import type { CaseContext, Contender } from '../case.ts';

const TABLE = 'view_log';
const CONNECTIONS = 2;
const PAGE_ROWS = 10_000;
/** Of the database that `openEmpty` was asked for. */
const SUFFIX = 'copied';

export function copyTable(context: CaseContext, target: Database, rows: number): Contender {
  let attempt = 0;
  return {
    name: `copy-${CONNECTIONS}`,
    label: `settle copy-table, ${CONNECTIONS} workers`,
    role: 'settle',
    async run() {
      await target.knex(TABLE).truncate();
      attempt++;
      // A condition of its own, for a copy that is complete does nothing.
      const what = ['--from', context.database.displayUrl, '--table', TABLE, '--where', `${attempt} = ${attempt}`];
      const args = ['copy-table', ...what, '--workers', String(CONNECTIONS), '--json'];
      const { wallSeconds } = await context.runSettle(args, { database: target });
      return { seconds: wallSeconds, rows, ...(await wrong(target, rows)) };
    },
  };
}

/** @param way `bulk` by the program's own writer, `text` as the driver writes 1,000 rows a statement */
export function insertTable(context: CaseContext, target: Database, rows: number, way: 'bulk' | 'text'): Contender {
  return {
    name: `${way}-insert-${CONNECTIONS}`,
    label: way === 'bulk' ? "plain insert by settle's bulk writer" : 'plain INSERT of 1,000 rows a statement by mysql2',
    role: 'limit',
    async run() {
      await target.knex(TABLE).truncate();
      const program = fileURLToPath(workerModule('table-insert-process', import.meta.url));
      const args = [program, SUFFIX, TABLE, String(CONNECTIONS), String(PAGE_ROWS), way];
      const env = { SETTLE_DATABASE_URL: context.database.url };
      const { stdout } = await context.runProcess(process.execPath, args, { env });
      const done = JSON.parse(stdout) as { seconds: number; clientCpuSeconds: number; serverCpuSeconds: number };
      const figures = { clientCpu: done.clientCpuSeconds, serverCpu: done.serverCpuSeconds };
      return { seconds: done.seconds, rows, figures, ...(await wrong(target, rows)) };
    },
  };
}

async function wrong({ knex }: Database, rows: number): Promise<{ wrong?: string }> {
  const row = await knex(TABLE).count({ rows: '*' }).first();
  const found = toNumber(row?.rows ?? 0);
  return found === rows ? {} : { wrong: `${found} rows of ${rows}` };
}
