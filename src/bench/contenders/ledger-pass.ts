/** A contender that passes over a ledger once in a process of its own: verifies it, or only reads the same rows. */
import { fileURLToPath } from 'node:url';
import type { Database } from '../../database/database.ts';
import { workerModule } from '../../partition/worker-module.ts';
import type { CaseContext, Contender } from '../case.ts';

/** As settle's launcher starts it; the driver, which makes an object a row, keeps what Node gives. */
const youngHeap = ['--max-semi-space-size=4'];

export interface LedgerPass extends Pick<Contender, 'name' | 'label' | 'role'> {
  /** See ledger-process.ts. */
  readonly way: 'verify' | 'read' | 'read-alone' | 'driver';
}

/** @param entries how many the ledger has: the rows that rates are counted in */
export function ledgerPass(
  context: CaseContext,
  database: Database,
  entries: number,
  { way, ...contender }: LedgerPass,
): Contender {
  return {
    ...contender,
    async run() {
      const program = fileURLToPath(workerModule('ledger-process', import.meta.url));
      const env = { SETTLE_DATABASE_URL: database.url };
      const args = [...(way === 'driver' ? [] : youngHeap), program, way];
      const { stdout, wallSeconds } = await context.runProcess(process.execPath, args, { env });
      const { seconds, wrong } = JSON.parse(stdout);
      return { seconds, wallSeconds, rows: entries, ...(wrong === undefined ? {} : { wrong }) };
    },
  };
}
