/**
 * Whatever bytes a file holds, reading it gives good rows or one clear error: the file's name, the line where there is
 * one, exit code 2; never anything else, and never for ever.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { afterAll, describe, expect, test } from 'vitest';
import { parseParameters } from '../../../../src/engine/parse-parameters.ts';
import { isSettleError, type SettleError } from '../../../../src/errors.ts';
import { importJob } from '../../../../src/jobs/import/import-job.ts';
import { type ImportKind, importParameters } from '../../../../src/jobs/import/import-parameters.ts';
import { openVideoRows, openViewRows } from '../../../../src/jobs/import/row-source.ts';
import { brokenFiles } from '../../../support/broken-files.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-fuzz-'));
afterAll(() => rmSync(folder, { recursive: true }));

const FILE = 'bad.csv';
const KINDS = ['views', 'videos'] as const;
const GOOD = {
  views: 'id,video_id,viewer_id,viewed_at,play_seconds,ad_views\n7,2,3,2026-11-20T00:00:00Z,10,0\n8,2,4,,"9",1\n',
  videos: 'id,creator_id\n7,2\n8,\n9,"4"\n',
};

type Row = Readonly<Record<string, unknown>>;

/** The rows, or the error with which reading ended. */
async function readFile(kind: ImportKind, content: Buffer): Promise<Row[] | SettleError> {
  writeFileSync(join(folder, FILE), content);
  const { parameters } = await importParameters(kind, { file: join(folder, FILE) });
  const typed = parseParameters(importJob(kind), parameters);
  try {
    const source = await (kind === 'views' ? openViewRows(typed) : openVideoRows(typed));
    const rows: Row[] = [];
    try {
      for (let part = await source.read(1000); part !== undefined; part = await source.read(1000)) {
        rows.push(...(part as unknown as Row[]));
      }
    } finally {
      source.close();
    }
    return rows;
  } catch (error) {
    if (isSettleError(error)) return error;
    throw error;
  }
}

function expectGoodRowsOrOneLine(result: Row[] | SettleError): void {
  if (!Array.isArray(result)) {
    expect(result.exitCode).toBe(2);
    expect(result.message).toMatch(/^bad\.csv( line \d+ is not UTF-8$|( line \d+)?: \S)/);
    // biome-ignore lint/suspicious/noControlCharactersInRegex: none of these may reach a terminal
    expect(result.message).not.toMatch(/[\x00-\x1f\x7f-\x9f\u2028\u2029]/);
    expect(result.message.length).toBeLessThan(700);
    expect(result.hint).toMatch(/\S/);
    return;
  }
  for (const row of result) {
    for (const value of Object.values(row)) {
      if (value === null || value === undefined) continue;
      expect(['number', 'bigint']).toContain(typeof value);
      if (typeof value === 'number') expect(Number.isSafeInteger(value)).toBe(true);
      expect(BigInt.asIntN(64, BigInt(value as number))).toBe(BigInt(value as number));
    }
  }
}

describe.each(KINDS)('a file of %s', (kind) => {
  test.each(brokenFiles(kind).map((file) => [file.what, file] as const))('%s', async (_what, { content, text }) => {
    const result = await readFile(kind, content);
    expectGoodRowsOrOneLine(result);
    expect(isSettleError(result) && result.message).toMatch(text);
  });

  test('of random bytes', async () => {
    await check(fc.uint8Array({ maxLength: 3_000 }), (bytes) => Buffer.from(bytes));
  });

  test('with a good header and random bytes', async () => {
    const header = GOOD[kind].slice(0, GOOD[kind].indexOf('\n') + 1);
    await check(fc.uint8Array({ maxLength: 500 }), (bytes) => Buffer.concat([Buffer.from(header), bytes]));
  });

  test('with a good header and fields out of a box of odd ones', async () => {
    const odd = ['', '0', '-1', '7', '007', '+7', '7 ', '1e9', 'NaN', 'null', '"', '""', '"7"', '9223372036854775807'];
    const odder = [
      '99999999999999999999',
      '2026-11-20',
      '2026-02-30 00:00',
      '1700000000000',
      '\ufeff',
      '\u00a0',
      '\\N',
      "'",
    ];
    const field = fc.constantFrom(...odd, ...odder);
    const width = GOOD[kind].split('\n')[0].split(',').length;
    const line = fc.array(field, { minLength: width, maxLength: width }).map((fields) => fields.join(','));
    const header = GOOD[kind].slice(0, GOOD[kind].indexOf('\n') + 1);
    await check(fc.array(line, { maxLength: 5 }), (lines) => Buffer.from(header + lines.join('\n')));
  });

  test('that was good before bytes of it were changed, cut out or put in', async () => {
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('set', 'cut', 'put'),
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
    );
    await check(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) =>
      damage(Buffer.from(GOOD[kind]), changes),
    );
  });

  test('that was good gzip before bytes of it were changed, cut out or put in', async () => {
    const packed = gzipSync(GOOD[kind].repeat(1));
    const change = fc.tuple(
      fc.nat(),
      fc.constantFrom('set', 'cut', 'put'),
      fc.uint8Array({ minLength: 1, maxLength: 4 }),
    );
    await check(fc.array(change, { minLength: 1, maxLength: 3 }), (changes) => damage(packed, changes));
  });

  async function check<T>(arbitrary: fc.Arbitrary<T>, toBytes: (value: T) => Buffer): Promise<void> {
    await fc.assert(
      fc.asyncProperty(arbitrary, async (value) => expectGoodRowsOrOneLine(await readFile(kind, toBytes(value)))),
      { numRuns: 200 },
    );
  }
});

function damage(bytes: Buffer, changes: readonly (readonly [number, string, Uint8Array])[]): Buffer {
  let damaged = bytes;
  for (const [place, how, piece] of changes) {
    const at = damaged.length === 0 ? 0 : place % damaged.length;
    const rest = damaged.subarray(how === 'put' ? at : at + piece.length);
    damaged = Buffer.concat([damaged.subarray(0, at), ...(how === 'cut' ? [] : [piece]), rest]);
  }
  return damaged;
}
