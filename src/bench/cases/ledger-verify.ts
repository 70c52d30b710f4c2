/** Case `ledger-verify`: replaying a ledger of as many entries as `--rows` says, beside reading its rows. */
import type { Database } from '../../database/database.ts';
import { toNumber } from '../../database/values.ts';
import type { BenchCase } from '../case.ts';
import { ledgerPass } from '../contenders/ledger-pass.ts';
import { fillLedger } from '../ledger-data.ts';

const ciEntries = 200_000;
const tables = ['settle_consumption', 'settle_lot', 'settle_entry', 'settle_journal', 'settle_account'];
/** Journals come in whole challenges: so far from what was asked for is as near as it gets. */
const toleranceShare = 0.01;

export const ledgerVerifyCase: BenchCase = {
  name: 'ledger-verify',
  title: 'Verifying the ledger',
  description:
    'settle ledger verify: every journal hashed, every balance and lot replayed. Beside it the same rows, every column of ' +
    'journals, entries, lots and consumptions in order of their keys, read and thrown away: by the threads that verify ' +
    "reads with, by one connection of the same kind, and by mysql2's (or SQLite's) own streams.",
  needsData: false,
  unit: 'entries',
  ratios: [
    { name: 'ledger-reading', of: 'settle-verify', against: 'read', target: 0.5, ciFloor: 0.2 },
    { name: 'ledger-reading-alone', of: 'settle-verify', against: 'read-alone', target: 0.5 },
    { name: 'ledger-driver', of: 'settle-verify', against: 'driver', target: 0.5 },
  ],
  async contenders(context) {
    const database = await context.openEmpty('ledger');
    const entries = await makeLedger(database, context.options.isCi ? ciEntries : context.spec.rows, context.tell);
    return [
      ledgerPass(context, database, entries, {
        name: 'settle-verify',
        label: 'settle ledger verify',
        role: 'settle',
        way: 'verify',
      }),
      ledgerPass(context, database, entries, {
        name: 'read',
        label: 'reading, two threads as verify',
        role: 'limit',
        way: 'read',
      }),
      ledgerPass(context, database, entries, {
        name: 'read-alone',
        label: 'reading, one connection',
        role: 'limit',
        way: 'read-alone',
      }),
      ledgerPass(context, database, entries, {
        name: 'driver',
        label: 'reading, streams of the driver',
        role: 'limit',
        way: 'driver',
      }),
    ];
  },
};

/** Reuses the ledger that is there when it is about as large. Returns its number of entries. */
async function makeLedger(database: Database, wanted: number, tell: (message: string) => void): Promise<number> {
  const [{ found }] = await database.knex('settle_entry').count({ found: '*' });
  if (Math.abs(toNumber(found) - wanted) <= wanted * toleranceShare) return toNumber(found);
  tell(`making a ledger of ${wanted} entries in ${database.displayUrl}`);
  for (const table of tables) await database.knex(table).delete();
  return await fillLedger(database, wanted);
}
