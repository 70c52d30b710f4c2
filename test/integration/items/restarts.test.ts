/**
 * Readers and writers of src/items in jobs that are cut off at every commit: before it, right behind it, and at the end; what
 * is in the tables is what an undisturbed run leaves. Real kills are in kill.test.ts.
 */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutionContext } from '../../../src/engine/execution-context.ts';
import type { SkippedRecord } from '../../../src/engine/skip-policy.ts';
import { classify, compositeWriter } from '../../../src/items/composite-writer.ts';
import { listReader } from '../../../src/items/list-reader.ts';
import { pipe } from '../../../src/items/pipe.ts';
import type { PlainRow } from '../../../src/items/plain-rows.ts';
import { queryReader } from '../../../src/items/query-reader.ts';
import { tableReader } from '../../../src/items/table-reader.ts';
import { tableWriter } from '../../../src/items/table-writer.ts';
import { type ItemReader, type ItemStepOptions, type ItemWriter, itemStep } from '../../../src/steps/item-step.ts';
import { testDatabases } from '../../support/databases.ts';
import { type ItemsBench, itemsJob, openItemsBench } from '../../support/items-job.ts';
import { onServers } from '../../support/thorough.ts';

class CutOff extends Error {}

/** Where a run ends: at the `chunk`th commit of this execution, before or behind it, or before the last one. */
type Cut = { readonly chunk: number; readonly when: 'before' | 'behind' } | 'finish';
const CHUNKS = 3;
const CUTS: readonly Cut[] = [
  ...Array.from({ length: CHUNKS }, (_, index) => index + 1).flatMap((chunk) => [
    { chunk, when: 'before' } as const,
    { chunk, when: 'behind' } as const,
  ]),
  'finish',
];
const FEW_CUTS: readonly Cut[] = [{ chunk: 1, when: 'before' }, { chunk: 2, when: 'behind' }, 'finish'];

/** The same parts, of which one throws at the cut. */
function cutting<T>(reader: ItemReader<T, unknown>, writer: ItemWriter<T, unknown>, cut: Cut | undefined) {
  let saved = 0;
  const isCut = (when: 'before' | 'behind') =>
    cut !== undefined && cut !== 'finish' && cut.when === when && cut.chunk === saved;
  const readCut: ItemReader<T, unknown> = {
    open: (state, context) => reader.open?.(state, context),
    read: () => {
      if (isCut('behind')) throw new CutOff();
      return reader.read();
    },
    saveState: (state, last, itemsDone) => reader.saveState(state, last, itemsDone),
    close: () => reader.close?.(),
  };
  const writeCut: ItemWriter<T, unknown> = {
    open: (state, context) => writer.open?.(state, context),
    write: (items, tx) => writer.write(items, tx),
    saveState: async (state: ExecutionContext, tx) => {
      await writer.saveState?.(state, tx);
      saved++;
      if (isCut('before')) throw new CutOff();
    },
    finish: async (state, tx) => {
      await writer.finish?.(state, tx);
      if (cut === 'finish') throw new CutOff();
    },
    close: () => writer.close?.(),
  };
  return { readCut, writeCut };
}

describe.each(testDatabases())('on $name', ({ name }) => {
  let bench: ItemsBench;
  beforeEach(async () => {
    walks = 0;
    bench = await openItemsBench(name);
    for (const table of ['source', 'target', 'other'])
      await bench.database.knex.raw(
        `CREATE TABLE ${table} (id BIGINT NOT NULL PRIMARY KEY, name VARCHAR(20) NOT NULL, n INTEGER NOT NULL)`,
      );
    await bench.database.knex('source').insert([1, 2, 3, 4, 5].map((id) => ({ id, name: `n${id}`, n: id })));
  });
  afterEach(() => bench.drop());

  const rowsOf = async (table: string): Promise<unknown[]> => {
    const rows = await bench.database.knex(table).orderBy('id').select();
    return rows.map(({ id, name, n }) => [Number(id), name, n]);
  };
  const columns = ['id', 'name', 'n'];
  const source = { sql: 'SELECT id, name, n FROM source', key: 'name' };
  const readers: Readonly<Record<string, () => ItemReader<PlainRow, unknown>>> = {
    table: () => tableReader(bench.database, { table: 'source', key: 'id' }),
    'query by key': () => queryReader(bench.database, source),
    'query by count': () => queryReader(bench.database, { sql: `${source.sql} ORDER BY id DESC` }),
    // Equal items are told apart by their places.
    list: () => listReader([1, 2, 3, 4, 5].map((id) => ({ id, name: `n${id}`, n: id }))),
  };
  const write = (mode: 'insert' | 'ignore' | 'replace-values' | 'update' | 'delete', table = 'target') =>
    tableWriter<PlainRow>(bench.database, { table, columns, keys: ['id'], mode });
  const job = (
    reader: () => ItemReader<PlainRow, unknown>,
    writer: () => ItemWriter<PlainRow, unknown>,
    cut?: Cut,
    more: Partial<ItemStepOptions<PlainRow, PlainRow>> = {},
  ) => {
    // The engine asks for both at each opening of the step.
    let parts: ReturnType<typeof cutting<PlainRow>>;
    return itemsJob(
      itemStep<PlainRow>({
        name: 'copy',
        chunkSize: 2,
        keyOf: ({ id }) => id as number,
        reader: () => {
          parts = cutting(reader(), writer(), cut);
          return parts.readCut;
        },
        writer: () => parts.writeCut,
        ...more,
      }),
    );
  };

  /** A month of job instances for each. */
  let walks = 0;

  /** Cut off at each point, restarted, and compared. */
  async function throughCuts(
    reader: () => ItemReader<PlainRow, unknown>,
    writer: () => ItemWriter<PlainRow, unknown>,
    prepare: () => Promise<unknown> = async () => {},
    more?: Partial<ItemStepOptions<PlainRow, PlainRow>>,
  ) {
    const results: unknown[] = [];
    const month = String(++walks).padStart(2, '0');
    const cuts = onServers(name, CUTS, FEW_CUTS);
    for (const [index, cut] of [undefined, ...cuts].entries()) {
      for (const table of ['target', 'other']) await bench.database.knex(table).delete();
      await prepare();
      const raw = { date: `2024-${month}-${String(index + 1).padStart(2, '0')}` };
      if (cut !== undefined) {
        const ended = await bench.start(job(reader, writer, cut, more), {}, raw);
        expect([ended.outcome, ended.execution.exitMessage], JSON.stringify(cut)).toEqual([
          'failed',
          expect.any(String),
        ]);
      }
      const { outcome, error } = await bench.start(job(reader, writer, undefined, more), {}, raw);
      expect([outcome, error?.message], JSON.stringify(cut)).toEqual(['completed', undefined]);
      results.push([await rowsOf('target'), await rowsOf('other')]);
    }
    const [clean, ...others] = results;
    for (const other of others) expect(other).toEqual(clean);
    return clean;
  }

  const all = [1, 2, 3, 4, 5].map((id) => [id, `n${id}`, id]);

  test.each(Object.keys(readers))('%s reader goes on where the last commit was', async (reader) => {
    expect(await throughCuts(readers[reader], () => write('insert'))).toEqual([all, []]);
  });

  test('every mode of a tableWriter', async () => {
    const old = async () => {
      await bench.database.knex('target').insert([2, 4, 9].map((id) => ({ id, name: 'old', n: 0 })));
    };
    const kept = [
      [2, 'old', 0],
      [4, 'old', 0],
      [9, 'old', 0],
    ];
    const table = readers.table;
    expect(await throughCuts(table, () => write('ignore'), old)).toEqual([
      [all[0], kept[0], all[2], kept[1], all[4], kept[2]],
      [],
    ]);
    expect(await throughCuts(table, () => write('replace-values'), old)).toEqual([[...all, kept[2]], []]);
    expect(await throughCuts(table, () => write('update'), old)).toEqual([[all[1], all[3], kept[2]], []]);
    expect(await throughCuts(table, () => write('delete'), old)).toEqual([[kept[2]], []]);
  });

  test('writers together, by class, and processors in a row, with a state of each', async () => {
    const counts = () => {
      let count = 0n;
      return {
        open: (state: ExecutionContext) => {
          count = state.getLong('count') ?? 0n;
        },
        process: (row: PlainRow) => (row.id === 3 ? undefined : { ...row, n: Number(++count) }),
        saveState: (state: ExecutionContext) => state.put('count', count),
      };
    };
    const shout = () => ({ process: async (row: PlainRow) => ({ ...row, name: String(row.name).toUpperCase() }) });
    const writer = () =>
      compositeWriter(
        classify<PlainRow, unknown>((row) => (Number(row.n) % 2 === 0 ? 'even' : 'odd'), {
          even: write('insert', 'other'),
          odd: write('insert'),
        }),
      );
    const processor = () => pipe<PlainRow, PlainRow, PlainRow, unknown>(counts(), shout());
    expect(await throughCuts(readers.table, writer, undefined, { processor })).toEqual([
      [
        [1, 'N1', 1],
        [4, 'N4', 3],
      ],
      [
        [2, 'N2', 2],
        [5, 'N5', 4],
      ],
    ]);
  });

  test('bad writes are one clear line that names step and item, and a skip finds the one item', async () => {
    const writer = () => write('insert');
    const long = (row: PlainRow) => (row.id === 4 ? { ...row, name: null } : row);
    const more = { processor: () => ({ process: long }), itemName: 'row', chunkSize: 10 };
    const failed = await bench.start(job(readers.table, writer, undefined, more));
    expect(failed).toMatchObject({ outcome: 'failed', exitCode: 1 });
    expect(failed.error?.message).toMatch(/^step copy, row 4: [^\n]*name/);
    expect(await rowsOf('target')).toEqual([]);
    const told: string[] = [];
    const itemListeners = {
      onSkip: ({ phase, key }: SkippedRecord) => void told.push(`skip ${phase} ${key}`),
      onError: ({ phase, key }: { phase: string; key: string | undefined }) => void told.push(`error ${phase} ${key}`),
    };
    const skipping = { ...more, skip: { limit: 1, on: ['data'] }, itemListeners };
    expect(await bench.start(job(readers.table, writer, undefined, skipping))).toMatchObject({
      outcome: 'completed-with-skips',
    });
    expect(await rowsOf('target')).toEqual(all.filter(([id]) => id !== 4));
    expect(told).toEqual(['error write 4', 'error write 4', 'skip write 4']);

    const bad = async (more: Partial<ItemStepOptions<PlainRow, PlainRow>>, date: string) =>
      (await bench.start(job(readers.table, writer, undefined, { itemName: 'row', ...more }), {}, { date })).error
        ?.message;
    const target = (columns: string[]) => () => tableWriter<PlainRow>(bench.database, { table: 'target', columns });
    const without = () => ({ process: ({ id, n }: PlainRow) => ({ id, n }) });
    expect(await bad({ writer: target(['id', 'nome']) }, '2024-02-01')).toBe(
      'step copy, row 1: the item for target has no nome',
    );
    expect(await bad({ processor: without }, '2024-02-02')).toBe('step copy, row 1: the item for target has no name');
    const object = () => ({ process: (row: PlainRow) => ({ ...row, name: { first: 'x' } }) });
    expect(await bad({ processor: object }, '2024-02-03')).toBe(
      'step copy, row 1: name of the item for target is an object, which no column takes',
    );
    const extra = () => ({ process: (row: PlainRow) => ({ ...row, nome: 1 }) });
    expect(await bad({ processor: extra, writer: target(['id', 'nome']) }, '2024-02-04')).toMatch(/^[^\n]*nome[^\n]*$/);
  });

  test('bigints are values in statements of a job, as large as they are', async () => {
    const id = 2n ** 62n + 1n;
    await bench.database.transaction(async (tx) => {
      await tx('target').insert([{ id, name: 'x', n: 1 }]);
      await tx('target').where({ id }).update({ n: 2n });
      const found = [
        tx('target').where('id', id),
        tx('target')
          .where('id', '>=', id)
          .whereIn('id', [id, 3n])
          .whereBetween('id', [id - 1n, id]),
        tx('target').whereRaw('id = ?', [id]),
      ];
      for (const query of found) expect(await query.first('n')).toEqual({ n: 2 });
      await tx('target').where('id', '<', id).orWhereRaw('id = :id', { id }).delete();
    });
    expect(await rowsOf('target')).toEqual([]);
  });

  test('times, truth values, bytes and large integers go into their columns', async () => {
    await bench.database.knex.schema.createTable('types', (table) => {
      table.bigInteger('id');
      table.dateTime('at', { precision: 3 });
      table.boolean('yes');
      table.binary('bytes');
    });
    const item = { id: 2n ** 60n, at: new Date('2026-03-01T01:02:03.004Z'), yes: true, bytes: Buffer.from([0, 255]) };
    const writer = tableWriter<typeof item>(bench.database, { table: 'types', columns: Object.keys(item) });
    await bench.database.transaction((tx) => writer.write([item], tx));
    const [row] = await bench.database
      .knex('types')
      .whereRaw('id = ?', [String(item.id)])
      .select('yes', 'bytes');
    expect(row).toEqual({ yes: 1, bytes: item.bytes });
    const reader = queryReader(bench.database, { sql: 'SELECT id, at FROM types' });
    await reader.open?.(ExecutionContext.create(), undefined);
    const { id, at } = (await reader.read())!;
    await reader.close?.();
    expect([id, String(at)]).toEqual([item.id, expect.stringMatching(/^2026-03-01 01:02:03\.004/)]);
  });
});
