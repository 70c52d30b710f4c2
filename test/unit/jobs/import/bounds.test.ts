/** What a file can make an import hold: fields that are used, records by their bytes, and no more bytes than are taken. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, afterEach, describe, expect, test, vi } from 'vitest';
import { JobParameters } from '../../../../src/engine/parameters.ts';
import { digestFile } from '../../../../src/jobs/import/file-blocks.ts';
import { type ImportKind, importParameters } from '../../../../src/jobs/import/import-parameters.ts';
import { openRecords } from '../../../../src/jobs/import/records.ts';
import { openGrantRows, openViewRows, type RowSource } from '../../../../src/jobs/import/row-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-bounds-'));
afterAll(() => rmSync(folder, { recursive: true }));
afterEach(() => vi.unstubAllEnvs());

const COLUMNS = 12_000;
const UNUSED = Array.from({ length: COLUMNS - 4 }, (_, i) => (36 ** 3 + i).toString(36));
/** The last field is one that is used. */
const WIDE_HEADER = ['play_seconds', 'video_id', ...UNUSED, 'viewed_at', 'viewer_id'].join(',');
const wideRow = (n: number) => `${n},2,${','.repeat(UNUSED.length)}2024-01-01T00:00:00Z,3`;

function save(content: string | Buffer, name = 'views.csv'): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

async function parametersOf(kind: ImportKind, path: string): Promise<JobParameters> {
  const { parameters } = await importParameters(kind, { file: path });
  return new JobParameters(
    Object.entries({ 'day-zone': 'Asia/Seoul', ...parameters }).map(([name, value]) => ({
      name,
      value,
      type: 'string' as const,
      identifying: true,
    })),
  );
}

async function records(content: string | Buffer) {
  const path = save(content);
  return openRecords({ path, name: 'views.csv', expected: await digestFile(path), encoding: 'utf-8' });
}

async function all<T>(source: RowSource<T>): Promise<T[]> {
  const rows: T[] = [];
  try {
    for (let some = await source.read(10_000); some !== undefined; some = await source.read(10_000)) rows.push(...some);
  } finally {
    source.close();
  }
  return rows;
}

const readViews = async (content: string | Buffer) =>
  all(await openViewRows(await parametersOf('views', save(content))));

describe('12,000 columns that nobody uses', () => {
  const rows = Array.from({ length: 300 }, (_, n) => wideRow(n));
  const packed = gzipSync(`${WIDE_HEADER}\n${rows.join('\n')}\n`);

  test('are not kept', async () => {
    expect(packed.length).toBeLessThan(100_000);
    const source = await records(packed);
    source.keep([1, COLUMNS - 1, 0]);
    const found = await source.read(10_000);
    source.close();
    expect(found).toHaveLength(300);
    expect(found[299]).toEqual({ fields: ['2', '3', '299'], fieldCount: COLUMNS, line: 301 });
    expect(Math.max(...found.map(({ fields }) => fields.length))).toBe(3);
  });

  test('are kept where all are asked for, in batches of 16 MB', async () => {
    const source = await records(packed);
    const batches: number[] = [];
    for (let some = await source.read(10_000); some.length > 0; some = await source.read(10_000)) {
      batches.push(some.reduce((sum, { fields }) => sum + fields.length * 32, 0));
    }
    source.close();
    expect(batches.length).toBeGreaterThan(5);
    expect(Math.max(...batches)).toBeLessThan(17_000_000);
  });

  test('leave the others as they are, whatever their order', async () => {
    const found = await readViews(packed);
    expect(found).toHaveLength(300);
    const viewedAt = Date.UTC(2024, 0, 1);
    expect(found[7]).toMatchObject({ videoId: 2, viewerId: 3, viewedAt, playSeconds: 7, adViews: 0, line: 9 });
  });

  test('are counted in a line that has fewer or more', async () => {
    for (const [row, count] of [
      [wideRow(1).slice(0, -2), COLUMNS - 1],
      [`${wideRow(1)},`, COLUMNS + 1],
    ] as const) {
      const text = `${WIDE_HEADER}\n${wideRow(0)}\n${row}\n`;
      await expect(readViews(text)).rejects.toThrow(`views.csv line 3: ${count} fields, expected ${COLUMNS}`);
    }
  });

  test('do not hide a last line that was cut off', async () => {
    await expect(readViews(`${WIDE_HEADER}\n${wideRow(1)}`)).rejects.toThrow('line 2: the last line has no end');
    const [row] = await readViews(`${WIDE_HEADER}\n${wideRow(1)} `);
    expect(row).toMatchObject({ viewerId: 3 });
  });

  test('are kept of a line that is set aside for its number of fields', async () => {
    const header = ['key', 'expires_at', 'reason', ...UNUSED, 'user_id', 'amount', 'granted_at'].join(',');
    const path = save(`${header}\ng1,2\ng2,,why,${','.repeat(UNUSED.length)}7,10,2026-11-01\n`);
    const [bad, good] = await all(await openGrantRows(await parametersOf('grants', path)));
    expect(bad).toMatchObject({
      payload: '{"fields":["g1","2"]}',
      content: { problem: `2 fields, expected ${UNUSED.length + 6}` },
    });
    expect(good.payload).toBe('["g2","7","10","2026-11-01","","why"]');
  });
});

test('a line of nothing but commas is refused before it is a record', async () => {
  const text = `a,b\n1,2\n${','.repeat(50_000_000)}\n`;
  const source = await records(gzipSync(text, { level: 1 }));
  expect(await source.read(10)).toHaveLength(1);
  await expect(source.read(10)).rejects.toMatchObject({
    exitCode: 2,
    message: 'views.csv line 3: a line of more than 4000000 bytes',
  });
});

describe('SETTLE_IMPORT_MAX_MB', () => {
  const row = 'x'.repeat(1000);
  const text = `id,note\n${`1,${row}\n`.repeat(2000)}`;
  const readAll = async (content: string | Buffer) => {
    const source = await records(content);
    let count = 0;
    for (let some = await source.read(500); some.length > 0; some = await source.read(500)) count += some.length;
    source.close();
    return count;
  };

  test.each([
    ['as it is', text, 'bytes'],
    ['unpacked', gzipSync(text), 'bytes unpacked'],
  ])('bounds a file %s, and takes it when it says more', async (_how, content, what) => {
    vi.stubEnv('SETTLE_IMPORT_MAX_MB', '1');
    await expect(readAll(content)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringMatching(new RegExp(`views.csv: it has more than 1048576 ${what}$`)),
      hint: 'SETTLE_IMPORT_MAX_MB, now 1, says how many MB are taken',
    });
    vi.stubEnv('SETTLE_IMPORT_MAX_MB', '2');
    expect(await readAll(content)).toBe(2000);
  });

  test.each(['0', '-1', '1.5', '1e3', '٣', '１', 'much'])('%s is no number of MB', async (value) => {
    vi.stubEnv('SETTLE_IMPORT_MAX_MB', value);
    await expect(readAll(text)).rejects.toMatchObject({
      exitCode: 2,
      message: 'SETTLE_IMPORT_MAX_MB must be a whole number of at least 1',
    });
  });
});
