/** Tampering: any one column of any row of any table of the ledger is found, whatever it is changed to. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openPageThreads, type PageThreads } from '../../../src/ledger/page-threads.ts';
import { reverseJournal } from '../../../src/ledger/reverse-journal.ts';
import { type LedgerVerification, verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { type DatabaseKind, sampledDatabases } from '../../support/databases.ts';
import { disarmLedger } from '../../support/disarm-ledger.ts';
import { isThorough } from '../../support/thorough.ts';
import { type Bench, openBench } from '../daily/support.ts';
import { escrow, grant, move, post, user } from './support.ts';

const tables: Record<string, readonly string[]> = {
  settle_account: ['account_type', 'owner_id'],
  settle_journal: ['id'],
  settle_entry: ['journal_id', 'line_no'],
  settle_lot: ['journal_id', 'line_no'],
  settle_consumption: ['journal_id', 'line_no', 'lot_journal_id', 'lot_line_no', 'restores_id'],
  settle_ledger_head: ['id'],
};

/** So many changes are shared by the databases; each meets others. */
const SAMPLED_OF = 3;
const kinds: readonly DatabaseKind[] = ['sqlite', 'mariadb', 'mysql'];

describe.each(sampledDatabases(import.meta.url))('settle ledger verify on $name', ({ name }) => {
  let bench: Bench;
  let threads: PageThreads;

  /** As a small ledger is read, and as a large one is: by threads, here a journal each in turn. They find the same. */
  async function verify(): Promise<LedgerVerification> {
    const plain = await verifyLedger(bench.database, { threads: 0 });
    expect(await verifyLedger(bench.database, { threads })).toEqual(plain);
    return plain;
  }

  beforeAll(async () => {
    bench = await openBench(name);
    const { database } = bench;
    await post(database, [
      grant('a', 1, 10, '2026-06-01 00:01:00.000'),
      grant('b', 1, 10),
      grant('c', 2, 7, '2027-01-01 00:00:00.000'),
      move('stake', user(1), escrow(5), 12),
      move('back', escrow(5), user(1), 12, ['stake']),
      move('all', user(2), escrow(6), 7),
    ]);
    await database.transaction((tx) =>
      reverseJournal({ database, tx }, { key: 'c', reason: 'r', businessDate: '2026-11-21' }).catch(() => undefined),
    );
    await database.transaction((tx) =>
      reverseJournal({ database, tx }, { key: 'all', reason: 'r', businessDate: '2026-11-21' }),
    );
    await disarmLedger(database);
    threads = openPageThreads(database, 2, { journalsARun: 1n });
  });
  afterAll(async () => {
    await threads.close();
    await bench.drop();
  });

  test('finds a sound ledger sound', async () => {
    const head = { id: 7n, hash: expect.stringMatching(/^[0-9a-f]{64}$/), count: 7n };
    expect(await verify()).toEqual({ sound: true, journals: 7n, entries: 14n, head, violation: undefined });
  });

  test.each(Object.keys(tables))(
    'finds every change of a column of %s',
    async (table) => {
      const { knex } = bench.database;
      const keys = tables[table];
      const rows: Record<string, string | number | null>[] = await knex(table);
      let met = 0;
      expect(rows.length).toBeGreaterThan(0);
      for (const row of rows) {
        for (const column of Object.keys(row)) {
          for (const value of otherValues(row[column], column, name)) {
            // A sample that differs by database; none is left out of a thorough run.
            if (!isThorough && met++ % SAMPLED_OF !== kinds.indexOf(name)) continue;
            const at = Object.fromEntries(keys.map((key) => [key, row[key]]));
            const changed = { ...at, ...(keys.includes(column) ? { [column]: value } : {}) };
            // Some values the database refuses itself (a key that is there, a column that is too small).
            const isTaken = await knex(table)
              .where(at)
              .update({ [column]: value })
              .catch(() => 0);
            if (isTaken === 0) continue;
            const { sound, violation } = await verify();
            expect(sound, `${table} ${JSON.stringify(at)}: ${column} ${row[column]} -> ${value}`).toBe(false);
            expect(violation?.place).toMatch(
              /^(journal|entry|lot|account|settle_\w+|the accounts|the head of the chain)/,
            );
            await knex(table)
              .where(changed)
              .update({ [column]: row[column] });
          }
        }
      }
      expect(await verify()).toMatchObject({ sound: true });
    },
    120_000,
  );

  test.each(Object.keys(tables))(
    'finds a row of %s that is gone',
    async (table) => {
      const { knex } = bench.database;
      for (const row of await knex(table)) {
        await knex(table)
          .where(Object.fromEntries(tables[table].map((key) => [key, row[key]])))
          .delete();
        expect(await verify()).toMatchObject({ sound: false });
        await knex(table).insert(row);
      }
      expect(await verify()).toMatchObject({ sound: true });
    },
    120_000,
  );

  test('names the first entry that does not fit', async () => {
    const { knex } = bench.database;
    await knex('settle_entry').where({ journal_id: 2, line_no: 2 }).update({ owner_id: 3 });
    await knex('settle_entry').where({ journal_id: 6, line_no: 2 }).update({ amount: 1 });
    expect((await verify()).violation?.place).toBe('lot 2.2');
    await knex('settle_entry').where({ journal_id: 2, line_no: 2 }).update({ owner_id: 1 });
    await knex('settle_entry').where({ journal_id: 6, line_no: 2 }).update({ amount: 7 });
  });
});

/** Near ones: another number by 1, another text by one character, nothing instead of something. */
function otherValues(
  value: string | number | null,
  column: string,
  database: DatabaseKind,
): (string | number | null)[] {
  if (value === null) return column.endsWith('_at') ? ['2026-06-01 00:00:00.001'] : [1];
  if (typeof value === 'number') return [value + 1, value - 1, 99];
  const last = value.at(-1) === '1' ? '2' : '1';
  const sameTimes = database === 'sqlite' ? otherTextsOf(value) : [];
  return value === '' ? ['1', null] : [`${value.slice(0, -1)}${last}`, '', null, ...sameTimes];
}

/** What SQLite takes, and somebody could read as the same time: `2026-01-33` of `2026-02-01`, a date as its midnight. */
function otherTextsOf(value: string): string[] {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)( .+)?$/.exec(value) ?? [];
  if (day === undefined) return [];
  const before = `${year}-${String(Number(month) - 1).padStart(2, '0')}`;
  const others = [`${before}-${Number(day) + 32}${time ?? ''}`];
  if (time === undefined) return [...others, `${before}-${Number(day) + 31}`, `${value} 12:00:00.000`];
  return [...others, value.slice(0, 10), value.slice(0, 19), value.replace(':01:00.', ':00:64.')].filter(
    (other) => other !== value,
  );
}
