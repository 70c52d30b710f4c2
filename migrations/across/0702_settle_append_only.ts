/**
 * Triggers that refuse UPDATE and DELETE on what is append-only, and DELETE on the rest of the ledger, for the owner of
 * the tables too. Made one by one and only where they are missing, so that a killed migration is taken up again.
 * On servers none is made where the program itself updates: such a trigger runs with the rights of the user who made it,
 * and would stop every posting when that user is removed.
 */
import type { Change, Migration } from '../migration.ts';

type Refused = 'UPDATE' | 'DELETE';

const guarded: Readonly<Record<string, readonly Refused[]>> = {
  settle_journal: ['UPDATE', 'DELETE'],
  settle_entry: ['UPDATE', 'DELETE'],
  settle_consumption: ['UPDATE', 'DELETE'],
  settle_rate_card: ['UPDATE', 'DELETE'],
  settle_settlement_adjustment: ['UPDATE', 'DELETE'],
  settle_creator_credit: ['UPDATE', 'DELETE'],
  settle_challenge: ['UPDATE', 'DELETE'],
  settle_payout: ['UPDATE', 'DELETE'],
  settle_account: ['DELETE'],
  settle_lot: ['DELETE'],
  settle_ledger_head: ['DELETE'],
  settle_video_settlement: ['DELETE'],
  settle_settlement_date: ['DELETE'],
};

const servers = triggers((message) => `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '${message}'`);

export const migration: Migration = {
  name: '0702_settle_append_only',
  sqlite: triggers((message) => `BEGIN SELECT RAISE(ABORT, '${message}'); END`),
  mariadb: servers,
  mysql: servers,
};

function triggers(refusal: (message: string) => string): readonly Change[] {
  return Object.entries(guarded).flatMap(([table, changes]) =>
    changes.map((change) => {
      const trigger = `${table}_no_${change.toLowerCase()}`;
      const body = refusal(`settle: ${change} refused, ${table} is append-only`);
      return {
        unless: { trigger },
        sql: `CREATE TRIGGER ${trigger} BEFORE ${change} ON ${table} FOR EACH ROW ${body}`,
      };
    }),
  );
}
