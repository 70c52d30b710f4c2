/** Input files of every kind and every way of being broken: one line with the file's name and the line number. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { JobParameters } from '../../../../src/engine/parameters.ts';
import { isSettleError } from '../../../../src/errors.ts';
import { digestFile } from '../../../../src/jobs/import/file-blocks.ts';
import { importParameters } from '../../../../src/jobs/import/import-parameters.ts';
import { openVideoRows, openViewRows } from '../../../../src/jobs/import/row-source.ts';
import type { ViewRow } from '../../../../src/jobs/import/view-row.ts';

const HEADER = 'id,video_id,viewer_id,viewed_at,play_seconds,ad_views';
const GOOD = '1,2,3,2024-01-01T00:00:00Z,10,0';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'settle-test-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function save(content: string | Buffer, name = 'views.csv'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function parameters(path: string, options: { map?: string; zone?: string } = {}): Promise<JobParameters> {
  const { parameters: raw } = await importParameters('views', { file: path, ...options });
  return new JobParameters(
    Object.entries(raw).map(([name, value]) => ({ name, value, type: 'string' as const, identifying: true })),
  );
}

async function readViews(content: string | Buffer, options: { map?: string; zone?: string } = {}): Promise<ViewRow[]> {
  const source = await openViewRows(await parameters(save(content), options));
  const rows: ViewRow[] = [];
  try {
    for (let some = await source.read(7); some !== undefined; some = await source.read(7)) rows.push(...some);
  } finally {
    source.close();
  }
  return rows;
}

async function problem(content: string | Buffer, options: { map?: string } = {}): Promise<string> {
  const error = await readViews(content, options).then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(isSettleError(error), `no SettleError but ${error}`).toBe(true);
  const { message, exitCode } = error as { message: string; exitCode: number };
  expect(exitCode).toBe(2);
  expect(message).not.toContain('\n');
  return message;
}

describe('files that are read', () => {
  const expected = {
    id: 1,
    videoId: 2,
    viewerId: 3,
    viewedAt: Date.UTC(2024, 0, 1),
    playSeconds: 10,
    adViews: 0,
    line: 2,
  };
  const text = `${HEADER}\n${GOOD}\n`;
  test.each([
    ['CSV', text],
    ['TSV', text.replaceAll(',', '\t')],
    ['gzip', gzipSync(text)],
    ['gzip in two members', Buffer.concat([gzipSync(`${HEADER}\n`), gzipSync(`${GOOD}\n`)])],
    ['Windows line ends', text.replaceAll('\n', '\r\n')],
    ['a byte order mark', `\ufeff${text}`],
    ['CR alone at the end of lines', text.replaceAll('\n', '\r')],
    ['a header with CR LF, and rows with LF', text.replace('\n', '\r\n')],
    ['a header with LF, and rows with CR LF', `${HEADER}\n${GOOD}\r\n`],
    ['zero bytes behind gzip data', Buffer.concat([gzipSync(text), Buffer.alloc(300_000)])],
    [
      'an empty gzip member between others',
      Buffer.concat([`${HEADER}\n`, '', `${GOOD}\n`].map((part) => gzipSync(part))),
    ],
    ['quotes', `${HEADER}\n"1","2","3","2024-01-01 00:00:00","10",""\n`],
    ['blanks around fields and empty lines at the end', `${HEADER}\n 1, 2,3 ,2024-01-01T00:00:00Z,10,0\n\n\n`],
    ['other columns between', 'x,ad_views,id,viewer_id,video_id,play_seconds,viewed_at\nq,0,1,3,2,10,1704067200000\n'],
  ])('%s', async (_kind, content) => {
    expect(await readViews(content)).toEqual([expected]);
  });

  test('columns of other names, a missing ad_views, a missing id, an empty time', async () => {
    const rows = await readViews('video_id,user_id,viewed_at,play_seconds\n2,3,,10\n', { map: 'viewer_id=user_id' });
    expect(rows).toEqual([{ ...expected, id: undefined, viewedAt: null }]);
  });

  test('integers beyond 2^53 stay exact; dirt that the table can hold is let through', async () => {
    const [row] = await readViews(`${HEADER}\n9223372036854775807,-9223372036854775808,9007199254740993,,-5,-1\n`);
    expect(row).toMatchObject({ id: 2n ** 63n - 1n, videoId: -(2n ** 63n), viewerId: 2n ** 53n + 1n });
    expect(row).toMatchObject({ playSeconds: -5, adViews: -1, viewedAt: null });
  });

  test('lines are counted as an editor counts them, also after quoted line breaks and empty lines', async () => {
    const rows = await readViews(`note,${HEADER}\n"a\nb",${GOOD}\n\nc,${GOOD}\n`);
    expect(rows.map(({ line }) => line)).toEqual([3, 5]);
  });

  test('videos: a missing creator is null', async () => {
    const raw = await parameters(save('id,creator_id\n1,7\n2,\n'));
    const source = await openVideoRows(raw);
    expect(await source.read(10)).toEqual([
      { id: 1, creatorId: 7 },
      { id: 2, creatorId: null },
    ]);
    source.close();
  });
});

describe('files that are refused', () => {
  test.each([
    ['too few fields', `${HEADER}\n${GOOD}\n1,2,3\n`, 'views.csv line 3: 3 fields, expected 6'],
    ['too many fields', `${HEADER}\n${GOOD},9\n`, 'views.csv line 2: 7 fields, expected 6'],
    ['no number', `${HEADER}\n${GOOD}\n2,x,3,,1,0\n`, 'views.csv line 3: video_id "x" is not a whole number'],
    ['a fraction', `${HEADER}\n1,2,3,,1.5,0\n`, 'views.csv line 2: play_seconds "1.5" is not a whole number'],
    ['an empty field', `${HEADER}\n1,2,,,1,0\n`, 'views.csv line 2: viewer_id is empty'],
    ['2^63', `${HEADER}\n1,9223372036854775808,3,,1,0\n`, '"9223372036854775808" is outside of -2^63 to 2^63 - 1'],
    ['2^31 seconds', `${HEADER}\n1,2,3,,2147483648,0\n`, 'play_seconds "2147483648" is outside of -2^31 to 2^31 - 1'],
    ['id 0', `${HEADER}\n0,2,3,,1,0\n`, 'id "0" is outside of 1 to 2^63 - 1'],
    [
      'an impossible date',
      `${HEADER}\n1,2,3,2023-02-29T00:00:00Z,1,0\n`,
      'line 2: viewed_at "2023-02-29T00:00:00Z" is not a',
    ],
    ['an open quote', `${HEADER}\n${GOOD}\n"1,2,3,,1,0\n`, 'line 3: a quote is opened and never closed'],
    ['a quote inside', `${HEADER}\n1,2"2,3,,1,0\n`, 'views.csv line 2: '],
    ['no header', `${GOOD}\n`, 'views.csv line 1: no column video_id; it has 1, 2, 3'],
    ['a missing column', 'id,video_id\n', 'views.csv line 1: no column viewer_id; it has id, video_id'],
    ['a column twice', `${HEADER},id\n`, 'views.csv line 1: the column id is there twice'],
    ['nothing', '', 'views.csv: the file is empty'],
    ['nothing in gzip', gzipSync(''), 'views.csv: the file is empty'],
    ['a zip archive', Buffer.from('PK\u0003\u0004xxxx', 'latin1'), 'views.csv: this is a zip archive'],
    ['UTF-16', Buffer.from(`\ufeff${HEADER}\n`, 'utf16le'), 'views.csv: the text is UTF-16'],
    ['a binary', Buffer.from([1, 0, 2, 3]), 'views.csv line 1: this is not text'],
    ['no line ends', 'x'.repeat(100_000), 'views.csv line 1: no end of the header line within 65536 bytes'],
  ])('%s', async (_kind, content, message) => {
    expect(await problem(content)).toContain(message);
  });

  test('a gzip that was cut off, with the last whole line', async () => {
    const whole = Array.from({ length: 50_000 }, (_, i) => `${i + 1},${(i * 7919) % 1000},3,,${i % 60},0`).join('\n');
    const packed = gzipSync(`${HEADER}\n${whole}\n`);
    const message = await problem(packed.subarray(0, packed.length / 2));
    expect(message).toMatch(/^views\.csv line \d{4,}: the gzip data ends here, in the middle$/);
  });

  test('a damaged gzip', async () => {
    const packed = gzipSync(`${HEADER}\n${`${GOOD}\n`.repeat(10_000)}`);
    packed.fill(0xff, packed.length - 8, packed.length - 4);
    expect(await problem(packed)).toMatch(/^views\.csv line \d+: the gzip data is damaged/);
  });

  test('a line of ten million characters, without taking the memory for it', async () => {
    const message = await problem(`${HEADER}\n${GOOD}\n1,${'2'.repeat(10_000_000)},3,,1,0\n`);
    expect(message).toBe('views.csv line 3: a record of more than 1000000 characters');
  });

  test('a file that is not there, a folder', async () => {
    await expect(importParameters('views', { file: join(folder, 'none.csv') })).rejects.toThrow(
      'there is no such file',
    );
    await expect(importParameters('views', { file: folder })).rejects.toThrow('it is a folder');
    await expect(digestFile(join(folder, 'none.csv'))).rejects.toThrow('there is no such file');
  });

  test('a map that makes no sense', async () => {
    for (const map of ['viewer_id', 'viewer=x', 'viewer_id=a,viewer_id=b', '=x', '']) {
      expect(await problem(`${HEADER}\n`, { map })).toMatch(/^map: /);
    }
    expect(await problem(`${HEADER}\n`, { map: 'id=nr' })).toContain('line 1: no column nr');
  });

  test('a file that was changed since the import was started', async () => {
    const raw = await parameters(save(`${HEADER}\n${GOOD}\n`, 'changed.csv'));
    save(`${HEADER}\n`, 'changed.csv');
    await expect(openViewRows(raw)).rejects.toThrow('has changed since this import was started');
  });

  test('whatever is done to a line, the answer is rows or one line of error', async () => {
    const garbage = fc.oneof(
      fc.string({ maxLength: 30 }),
      fc.constantFrom(
        '"',
        '""',
        ',',
        '\t',
        '\r',
        '\u0000',
        '\n',
        ' ',
        '1,2,3,,1,0\n',
        '-',
        '1e5',
        'NaN',
        '0x10',
        'NULL',
      ),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(garbage, { maxLength: 6 }), fc.nat(GOOD.length), async (parts, at) => {
        const line = GOOD.slice(0, at) + parts.join('') + GOOD.slice(at);
        const rows = await readViews(`${HEADER}\n${line}\n`).catch((error: unknown) => {
          expect(isSettleError(error), String(error)).toBe(true);
          expect((error as Error).message).toMatch(/^views\.csv line \d+(: | is not UTF-8)[^\n]*$/);
          return [];
        });
        for (const row of rows) expect(Number.isNaN(row.viewedAt)).toBe(false);
      }),
      { numRuns: 200 },
    );
  });
});
