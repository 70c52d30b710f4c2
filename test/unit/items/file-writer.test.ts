/** Files that a fileWriter leaves: formats, header, footer with exact sums, files of n rows, appended ones; and its restarts. */
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { deserialiseContext, ExecutionContext, serialiseContext } from '../../../src/engine/execution-context.ts';
import type { Transaction } from '../../../src/index.ts';
import { addExactly } from '../../../src/items/exact-sum.ts';
import { type FileWriterOptions, fileWriter } from '../../../src/items/file-writer.ts';

interface Order {
  readonly id: number | bigint;
  readonly amount: string | number | null;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settle-file-writer-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const contents = () =>
  Object.fromEntries(readdirSync(folder).map((name) => [name, readFileSync(at(name), 'utf8')] as const));
// The writer of files has no use for it.
const tx = {} as Transaction;

/** Where a run dies: when the chunk is written, before or after its commit, or in `finish`. */
interface Death {
  readonly chunk: number;
  readonly at: 'write' | 'save' | 'commit' | 'finish';
}

/** Runs the chunks that are not committed yet; as far as `death`. */
async function run(
  options: FileWriterOptions<Order>,
  chunks: readonly (readonly Order[])[],
  store: { context: string; done: number },
  death?: Death,
) {
  const writer = fileWriter(options);
  const context = deserialiseContext(store.context);
  await writer.open?.(context, undefined);
  try {
    while (store.done < chunks.length) {
      const dies = death?.chunk === store.done + 1 ? death.at : undefined;
      await writer.write(chunks[store.done], tx);
      if (dies === 'write') return;
      await writer.saveState?.(context, tx);
      if (dies === 'save') return;
      store.context = serialiseContext(context);
      store.done++;
      if (dies === 'commit') return;
    }
    await writer.finish?.(context, tx);
    // After it nothing is committed: it is called again.
    if (death?.at === 'finish') return;
  } finally {
    await writer.close?.();
  }
}

const newStore = () => ({ context: serialiseContext(ExecutionContext.create()), done: 0 });
const chunks: readonly (readonly Order[])[] = [
  [
    { id: 1, amount: '0.10' },
    { id: 2n ** 60n, amount: 0.2 },
  ],
  [{ id: 3, amount: '-1' }],
  [
    { id: 4, amount: '10000000000000000000.005' },
    { id: 5, amount: 7 },
  ],
];
const csv = { type: 'csv', columns: ['id', 'amount'] } as const;
const footer = ({ rows, sums }: { rows: number; sums: Readonly<Record<string, string>> }) => [
  'total',
  rows,
  sums.amount,
];
const body = `1,0.10\n${2n ** 60n},0.2\n3,-1\n4,10000000000000000000.005\n5,7\n`;

const kinds: readonly [string, FileWriterOptions<Order>, Record<string, string>][] = [
  [
    'csv with header, footer and sums',
    { path: 'a.csv', format: csv, footer, sums: ['amount'] },
    { 'a.csv': `id,amount\n${body}total,5,10000000000000000006.305\n` },
  ],
  ['csv without header', { path: 'a.csv', format: { ...csv, header: false } }, { 'a.csv': body }],
  [
    'ndjson',
    {
      path: 'a.ndjson',
      format: { type: 'ndjson' },
      recordOf: ({ id }) => ({ id }),
      footer: ({ rows }) => `{"rows":${rows}}`,
    },
    { 'a.ndjson': `{"id":1}\n{"id":"${2n ** 60n}"}\n{"id":3}\n{"id":4}\n{"id":5}\n{"rows":5}\n` },
  ],
  [
    'files of two rows',
    { path: 'a-{n}.csv', format: csv, rowsAFile: 2, sums: ['amount'], footer },
    {
      'a-1.csv': `id,amount\n1,0.10\n${2n ** 60n},0.2\ntotal,2,0.30\n`,
      'a-2.csv': 'id,amount\n3,-1\n4,10000000000000000000.005\ntotal,2,9999999999999999999.005\n',
      'a-3.csv': 'id,amount\n5,7\ntotal,1,7\n',
    },
  ],
  [
    'appended',
    { path: 'old.csv', format: csv, mode: 'append', footer, sums: ['amount'] },
    { 'old.csv': `id,amount\n0,0\n${body}total,5,10000000000000000006.305\n` },
  ],
  ['appended to nothing', { path: 'a.csv', format: csv, mode: 'append' }, { 'a.csv': `id,amount\n${body}` }],
];

const placed = (options: FileWriterOptions<Order>) => ({ ...options, path: at(options.path) });
const prepare = (options: FileWriterOptions<Order>) => {
  if (options.path === 'old.csv') writeFileSync(at('old.csv'), 'id,amount\n0,0\n');
};

test.each(kinds)('%s, undisturbed and through a death at every point', async (_name, options, files) => {
  const deaths: (Death | undefined)[] = [undefined];
  for (const chunk of [1, 2, 3]) for (const at of ['write', 'save', 'commit'] as const) deaths.push({ chunk, at });
  deaths.push({ chunk: 0, at: 'finish' });
  for (const death of deaths) {
    rmSync(folder, { recursive: true });
    folder = mkdtempSync(join(tmpdir(), 'settle-file-writer-'));
    prepare(options);
    const store = newStore();
    if (death !== undefined) {
      await run(placed(options), chunks, store, death);
      if (death.at !== 'finish')
        expect(Object.keys(contents()).filter((name) => !name.endsWith('.part'))).toEqual(
          options.path === 'old.csv' ? ['old.csv'] : [],
        );
    }
    await run(placed(options), chunks, store);
    expect(contents(), JSON.stringify(death)).toEqual(files);
  }
});

test.each(['write', 'save'] as const)(
  'what was written and not committed is cut off, after a death at %s',
  async (death) => {
    const options = { path: at('a.csv'), format: csv };
    const store = newStore();
    await run(options, chunks, store, { chunk: 2, at: death });
    // The rows that come again may be fewer.
    await run(options, chunks.slice(0, 1), store);
    expect(contents()).toEqual({ 'a.csv': `id,amount\n1,0.10\n${2n ** 60n},0.2\n` });
  },
);

test('no rows: a new file has its header and footer, an appended one is left alone', async () => {
  await run({ path: at('a.csv'), format: csv, footer, sums: ['amount'] }, [], newStore());
  writeFileSync(at('old.csv'), 'x\n');
  await run({ path: at('old.csv'), format: csv, footer, mode: 'append' }, [], newStore());
  expect(contents()).toEqual({ 'a.csv': 'id,amount\ntotal,0,0\n', 'old.csv': 'x\n' });
});

test('what was committed and is not there any more is refused, not written over', async () => {
  const options = { path: at('a.csv'), format: csv };
  const store = newStore();
  await run(options, chunks, store, { chunk: 2, at: 'commit' });
  const part = at('a.csv.part');
  const bytes = readFileSync(part);
  bytes[3] ^= 1;
  writeFileSync(part, bytes);
  await expect(run(options, chunks, store)).rejects.toThrow('are not those that were committed');
  writeFileSync(part, bytes.subarray(0, 5));
  await expect(run(options, chunks, store)).rejects.toThrow('bytes were committed, and it has 5');
});

test('a file that grew while another was appended to it is not replaced', async () => {
  const options = { path: at('old.csv'), format: csv, mode: 'append' } as const;
  writeFileSync(at('old.csv'), 'x\n');
  const store = newStore();
  await run(options, chunks, store, { chunk: 1, at: 'commit' });
  writeFileSync(at('old.csv'), 'x\ny\n');
  await expect(run(options, chunks, store)).rejects.toThrow('it had 2 bytes when it was copied, and has 4');
  expect(contents()['old.csv']).toBe('x\ny\n');
});

test('what does not fit is said with the item that it is of', async () => {
  const bad = { id: 9 } as Order;
  const failure = run({ path: at('a.csv'), format: csv }, [[chunks[0][0], bad]], newStore());
  await expect(failure).rejects.toMatchObject({ message: 'the record for the file has no amount', item: bad });
  const worded = { id: 9, amount: 'seven' };
  const summed = run({ path: at('b.csv'), format: csv, sums: ['amount'] }, [[worded]], newStore());
  await expect(summed).rejects.toMatchObject({ message: 'seven is no decimal that can be summed', item: worded });
  expect(existsSync(at('a.csv'))).toBe(false);
});

test('law: a sum is that of scaled integers, whatever the order', () => {
  const decimal = fc.record({
    digits: fc.bigInt({ min: -(10n ** 30n), max: 10n ** 30n }),
    scale: fc.integer({ min: 0, max: 12 }),
  });
  const text = ({ digits, scale }: { digits: bigint; scale: number }) => {
    const all = (digits < 0n ? -digits : digits).toString().padStart(scale + 1, '0');
    const whole = all.slice(0, all.length - scale);
    return `${digits < 0n ? '-' : ''}${whole}${scale > 0 ? `.${all.slice(-scale)}` : ''}`;
  };
  fc.assert(
    fc.property(fc.array(decimal), (list) => {
      const sum = list.reduce((total, one) => addExactly(total, text(one)), '0');
      const expected = list.reduce((total, { digits, scale }) => total + digits * 10n ** BigInt(12 - scale), 0n);
      const [whole, fraction = ''] = sum.split('.');
      expect(BigInt(whole.replace('-', '') + fraction.padEnd(12, '0')) * (sum.startsWith('-') ? -1n : 1n)).toBe(
        expected,
      );
    }),
  );
});

test('what somebody else appended behind a finished file is not cut away, and the file is no dead end', async () => {
  const options: FileWriterOptions<Order> = { path: at('log.ndjson'), format: { type: 'ndjson' }, mode: 'append' };
  const orders = [[{ id: 1, amount: null }], [{ id: 2, amount: null }]];
  const store = { context: serialiseContext(new ExecutionContext()), done: 0 };
  await run(options, orders, store, { chunk: 3, at: 'finish' });
  const finished = readFileSync(options.path, 'utf8');
  // Two starts more that end before their end.
  for (let start = 0; start < 2; start++) {
    const writer = fileWriter(options);
    await writer.open?.(deserialiseContext(store.context), undefined);
    await writer.close?.();
  }
  await run(options, orders, store);
  expect(readFileSync(options.path, 'utf8')).toBe(finished);
  rmSync(at('log.ndjson.part'), { force: true });
  writeFileSync(options.path, `${finished}{"id":99}\n`);
  await expect(run(options, orders, store)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  expect(readFileSync(options.path, 'utf8')).toContain('{"id":99}');
});

test('a finished file of an earlier run stays where it is when its successor is lost', async () => {
  const options: FileWriterOptions<Order> = { path: at('a.csv'), format: { type: 'csv', columns: ['id'] } };
  writeFileSync(options.path, 'earlier');
  const store = { context: serialiseContext(new ExecutionContext()), done: 0 };
  await run(options, [[{ id: 1, amount: null }]], store, { chunk: 1, at: 'commit' });
  rmSync(at('a.csv.part'));
  await expect(run(options, [[{ id: 1, amount: null }]], store)).rejects.toMatchObject({ code: 'SOURCE_CHANGED' });
  expect(contents()).toEqual({ 'a.csv': 'earlier' });
});

test('values as tableWriter writes them; an empty value of one column is a row; longer earlier runs leave no file', async () => {
  const values = [{ v: true }, { v: false }, { v: new Date(0) }, { v: null }, { v: '' }];
  const write = async (options: Partial<FileWriterOptions<object>>, items: readonly object[]) => {
    const writer = fileWriter<object>({
      path: at('v-{n}.csv'),
      format: { type: 'csv', columns: ['v'], header: false },
      ...options,
    });
    await writer.open?.(new ExecutionContext(), undefined);
    await writer.write(items, tx);
    await writer.finish?.(new ExecutionContext(), tx);
    await writer.close?.();
  };
  await write({ rowsAFile: 2 }, values);
  expect(contents()).toEqual({ 'v-1.csv': '1\n0\n', 'v-2.csv': '1970-01-01 00:00:00.000\n""\n', 'v-3.csv': '""\n' });
  await write({ rowsAFile: 9 }, values.slice(0, 1));
  expect(contents()).toEqual({ 'v-1.csv': '1\n' });
  await expect(fileWriter({ path: at('x'), format: { type: 'ndjson' } }).write([{}], tx)).rejects.toThrow(
    'cannot be replayed',
  );
});
