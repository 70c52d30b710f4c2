/** Every format, packing and source of a fileReader; restarts at every record; what is wrong with a file, each one line. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ExecutionContext } from '../../../src/engine/execution-context.ts';
import type { FileFormat } from '../../../src/items/file-formats.ts';
import { type FileReaderOptions, fileReader } from '../../../src/items/file-reader.ts';
import { parseJson } from '../../../src/items/parse-json.ts';
import type { PlainRow } from '../../../src/items/plain-rows.ts';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settle-file-reader-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

const at = (name: string) => join(folder, name);
const put = (name: string, content: string | Uint8Array) => {
  writeFileSync(at(name), content);
  return at(name);
};

/** What is read from `context` on: items, and the messages of records that are no items. */
async function readAll(options: FileReaderOptions<PlainRow>, context = ExecutionContext.create()) {
  const reader = fileReader(options);
  const read: (PlainRow | string)[] = [];
  try {
    await reader.open?.(context, undefined);
    for (;;) {
      try {
        const item = await reader.read();
        if (item === undefined) return read;
        read.push(item);
      } catch (error) {
        const { code, message } = error as { code?: string; message: string };
        read.push(message.replaceAll(`${folder}/`, ''));
        if (code !== 'RECORD_FORMAT') return read;
      }
    }
  } finally {
    await reader.close?.();
  }
}

const rows = [
  { id: '1', name: 'kim, "a"' },
  { id: '2', name: '이\u2028순신' },
  { id: '3', name: '' },
];
const texts: readonly [string, FileFormat, string][] = [
  ['csv', { type: 'csv' }, '\uFEFFid,name\r\n1,"kim, ""a"""\n\n2,이\u2028순신\r\n3,'],
  [
    'csv without header',
    { type: 'csv', columns: ['id', 'name'], delimiter: ';' },
    '1;"kim, ""a"""\n2;이\u2028순신\n3;\n',
  ],
  ['tsv', { type: 'tsv' }, 'id\tname\n1\tkim, "a"\n2\t이\u2028순신\n3\t\n'],
  [
    'fixed',
    {
      type: 'fixed',
      fields: [
        { name: 'id', start: 0, length: 3 },
        { name: 'name', start: 3, length: 10 },
      ],
    },
    '1  kim, "a"\r\n2  이\u2028순신   \n\n3          ',
  ],
  ['ndjson', { type: 'ndjson' }, rows.map((row) => JSON.stringify(row)).join('\r\n')],
  ['json', { type: 'json' }, `\uFEFF ${JSON.stringify(rows, undefined, 2)} \n`],
];

describe.each(texts)('%s', (_name, format, text) => {
  test.each([
    ['plain', 'a.txt', (bytes: Buffer) => bytes],
    ['gzip', 'a.txt.gz', gzipSync],
    ['zstd', 'a.txt.zst', zstdCompressSync],
  ] as const)('%s', async (_packing, name, pack) => {
    expect(await readAll({ source: put(name, pack(Buffer.from(text))), format })).toEqual(rows);
  });

  test('goes on behind each item, in the second of two files too', async () => {
    const source = [put('a', text), put('b', text)];
    const reader = fileReader({ source, format });
    await reader.open?.(ExecutionContext.create(), undefined);
    const items = [...rows, ...rows];
    for (let done = 1; done <= items.length; done++) {
      const last = await reader.read();
      // The reader is ahead of what is committed.
      if (done === 1) await reader.read();
      if (done === 2) continue;
      const context = ExecutionContext.create();
      reader.saveState(context, last!, done);
      expect(await readAll({ source, format }, context), `after ${done}`).toEqual(items.slice(done));
    }
    await reader.close?.();
  });
});

test('a list and a pattern, in order; a name that looks like a pattern is that file', async () => {
  mkdirSync(at('in'));
  for (const name of ['b', 'a', 'c']) put(`in/${name}.csv`, `id\n${name}\n`);
  put('in[1].csv', 'id\nbracket\n');
  const format = { type: 'csv' } as const;
  const ids = async (source: string | string[]) =>
    (await readAll({ source, format })).map((row) => (row as PlainRow).id);
  expect(await ids(at('in/*.csv'))).toEqual(['a', 'b', 'c']);
  expect(await ids([at('in/c.csv'), at('in/{a,b}.csv')])).toEqual(['c', 'a', 'b']);
  expect(await ids(at('in[1].csv'))).toEqual(['bracket']);
});

test('a record that is none is told apart, and counts for the restart', async () => {
  const source = put('a.csv', 'id,name\n1,a\n2\n3,c,x\n4,d\n5,e\n');
  const format = { type: 'csv' } as const;
  const bad = ['a.csv:3: 1 values where 2 are due', 'a.csv:4: 3 values where 2 are due'];
  const all = [{ id: '1', name: 'a' }, ...bad, { id: '4', name: 'd' }, { id: '5', name: 'e' }];
  expect(await readAll({ source, format })).toEqual(all);
  const reader = fileReader({ source, format });
  await reader.open?.(ExecutionContext.create(), undefined);
  const first = (await reader.read())!;
  for (let n = 0; n < 2; n++) expect(() => reader.read()).toThrow('values where 2 are due');
  const second = (await reader.read())!;
  for (const [item, done, rest] of [
    [first, 1, 1],
    [second, 2, 4],
  ] as const) {
    const context = ExecutionContext.create();
    reader.saveState(context, item, done);
    expect(await readAll({ source, format }, context)).toEqual(all.slice(rest));
  }
  await reader.close?.();
});

test.each([
  ['a missing file', 'none.csv', undefined, { type: 'csv' }, 'there is no file none.csv'],
  ['no match', 'x*.csv', undefined, { type: 'csv' }, 'no file matches x*.csv'],
  ['an open quote', 'a.csv', 'id\n1\n"2\n3\n', { type: 'csv' }, 'a.csv: line 4: a quote is opened and never closed'],
  ['a stray quote', 'a.csv', 'id\n1\n2"x\n3\n', { type: 'csv' }, 'a.csv: line 3: a quote in the middle of a value'],
  ['a column twice', 'a.csv', 'id,id\n1,2\n', { type: 'csv' }, 'a.csv: the first line names the column id twice'],
  ['a torn gzip', 'a.csv.gz', gzipSync(`id\n${'1\n'.repeat(9)}`).subarray(0, 20), { type: 'csv' }, 'a.csv.gz: '],
  ['no gzip', 'a.csv.gz', 'id\n1\n', { type: 'csv' }, 'a.csv.gz: incorrect header check'],
  [
    'another encoding',
    'a.csv',
    Buffer.from([0x69, 0x64, 10, 0xc0, 0xcc, 10]),
    { type: 'csv' },
    'a.csv: the text is not UTF-8',
  ],
  ['no array', 'a.json', '{"id":1}', { type: 'json' }, 'a.json: the file is no JSON array'],
  ['an open array', 'a.json', '[{"id":1},{"id"', { type: 'json' }, 'a.json: the array ends within its element 2'],
  ['a bad element', 'a.json', '[{"id":1},{"id":}]', { type: 'json' }, 'a.json: element 2 of the array is no JSON'],
  ['more than an array', 'a.json', '[{"id":1}] []', { type: 'json' }, 'a.json: something stands behind the end'],
  ['a bad line', 'a.ndjson', '{"id":1}\n{"id"\n', { type: 'ndjson' }, 'a.ndjson:2: no JSON'],
  ['no object', 'a.ndjson', '3\n', { type: 'ndjson' }, 'a.ndjson:1: no JSON object'],
] as const)(
  '%s is one clear line, and nothing behind it is lost silently',
  async (_name, name, content, format, problem) => {
    if (content !== undefined) put(name, content);
    const lastOf = async () => {
      try {
        return String((await readAll({ source: at(name), format })).at(-1));
      } catch (error) {
        return (error as Error).message.replaceAll(`${folder}/`, '');
      }
    };
    const message = await lastOf();
    expect(message).toContain(problem);
    expect(message).not.toContain('\n');
  },
);

test('a file that cannot be read on fails again when the error is passed over', async () => {
  const reader = fileReader({ source: put('a.csv', 'id\n1\n2"x\n3\n'), format: { type: 'csv' } });
  await reader.open?.(ExecutionContext.create(), undefined);
  expect(await reader.read()).toEqual({ id: '1' });
  for (let n = 0; n < 3; n++)
    await expect(reader.read()).rejects.toMatchObject({ code: 'FILE_UNREADABLE', exitCode: 2 });
  await reader.close?.();
});

test('other encodings are read when they are named', async () => {
  // 똠 is in CP949, and not in EUC-KR proper.
  const source = put('a.csv', Buffer.from([0x69, 0x64, 10, 0x8c, 0x63, 0xb9, 0xe6, 10]));
  const format = { type: 'csv' } as const;
  expect(await readAll({ source, format, encoding: 'cp949' })).toEqual([{ id: '똠방' }]);
  expect(await readAll({ source, format, encoding: 'klingon' })).toEqual(['encoding: klingon is not known']);
  expect(await readAll({ source, format })).toEqual([
    expect.stringMatching('a.csv: the text is not UTF-8 behind byte'),
  ]);
});

test('a file that is another one after the restart is refused', async () => {
  const source = put('a.csv', 'id\n1\n2\n');
  const format = { type: 'csv' } as const;
  const context = ExecutionContext.create();
  const reader = fileReader({ source, format });
  await reader.open?.(context, undefined);
  reader.saveState(context, (await reader.read())!, 1);
  await reader.close?.();
  put('a.csv', 'id\n7\n2\n');
  await expect(readAll({ source, format }, context)).rejects.toThrow('its size or its beginning is another one');
  await expect(readAll({ source: [source, source], format }, context)).rejects.toThrow('the list of files is not');
});

test('law: pieces of any size give the same JSON elements and lines', async () => {
  const values = fc.array(fc.dictionary(fc.string(), fc.jsonValue()), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(values, async (list) => {
      // JSON has no -0, and no member __proto__ that is its own.
      const items = JSON.parse(JSON.stringify(list));
      // A big head makes several pieces of 64 kB, cut at any character.
      const padded = [{ pad: '\u{1F600}"[]{},\\'.repeat(9000) }, ...items];
      const json = put('a.json', JSON.stringify(padded));
      const lines = put('a.ndjson', padded.map((item) => JSON.stringify(item)).join('\n'));
      const expected = padded.map((item) => parseJson(JSON.stringify(item)));
      expect(await readAll({ source: json, format: { type: 'json' } })).toEqual(expected);
      expect(await readAll({ source: lines, format: { type: 'ndjson' } })).toEqual(expected);
    }),
    { numRuns: 15 },
  );
});

test('utf-16 goes by its byte order mark', async () => {
  const text = 'id\n1\n2\n';
  const little = Buffer.from(`\ufeff${text}`, 'utf16le');
  for (const [name, bytes] of [
    ['little', little],
    ['big', Buffer.from(little).swap16()],
    ['none', Buffer.from(text, 'utf16le')],
  ] as const) {
    const source = put(name, bytes);
    expect(await readAll({ source, format: { type: 'csv' }, encoding: 'utf-16' }), name).toEqual([
      { id: '1' },
      { id: '2' },
    ]);
  }
});

test.each(['ndjson', 'json'] as const)('integers of %s are whole', async (type) => {
  const record = '{"id":9007199254740993,"n":[-9007199254740995],"x":1e20,"t":"9007199254740993"}';
  const source = put('long', type === 'json' ? `[${record}]` : record);
  expect(await readAll({ source, format: { type } })).toEqual([
    { id: 9007199254740993n, n: [-9007199254740995n], x: 1e20, t: '9007199254740993' },
  ]);
});

test('an item that is undefined does not end the file, and one error keeps one place a record', async () => {
  const source = put('four', 'id\n1\n2\n3\n4\n');
  const same = Object.assign(new Error('bad'), { code: 'RECORD_FORMAT' });
  const itemOf = ({ id }: PlainRow) => {
    if (id === '2') return undefined as unknown as PlainRow;
    if (id === '1' || id === '3') throw same;
    return { id };
  };
  expect(await readAll({ source, format: { type: 'csv' }, itemOf })).toEqual([
    'four:2: bad',
    'four:3: itemOf makes no item of it; a processor filters',
    'four:4: bad',
    { id: '4' },
  ]);
});
