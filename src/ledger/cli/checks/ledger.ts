/** The last `settle ledger verify`: what it found, and how long ago. */
import { parseInstant } from '../../../database/instant.ts';
import { type DomainCheck, misconfigured, pass, warn } from '../../../doctor/check.ts';
import { brokenAdvice, brokenText, readLastVerification } from '../../last-verification.ts';

const DAY_MS = 86_400_000;
const DAYS_MAX = 7;
const ADVICE = '`settle ledger verify` replays it; have a scheduler do so every week';

export const ledgerCheck: DomainCheck = {
  name: 'ledger',
  before: 'leases',
  needsSchema: true,
  async run({ database, now }) {
    const { knex, dialect } = database;
    const last = await readLastVerification(knex);
    if (last === undefined) {
      const entry = await knex('settle_entry').first('journal_id');
      return entry === undefined ? pass('no entries') : warn('it has entries, and was never verified', ADVICE);
    }
    const { verifiedAt, isSound, journals, violation } = last;
    if (!isSound) {
      return misconfigured(
        `it ${brokenText(last)}: ${violation?.place}: ${violation?.problem} (verified ${verifiedAt} UTC)`,
        brokenAdvice(last),
      );
    }
    const databaseNow = parseInstant(await dialect.now(knex)) ?? now();
    const days = Math.floor((databaseNow - (parseInstant(verifiedAt) ?? databaseNow)) / DAY_MS);
    const found = `found sound ${verifiedAt} UTC, ${journals} journals`;
    return days > DAYS_MAX ? warn(`${found}: ${days} days ago`, ADVICE) : pass(found);
  },
};
