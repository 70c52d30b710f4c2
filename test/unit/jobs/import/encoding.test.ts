/** Text in every encoding that is read, with what is not valid in it refused by line: nothing becomes U+FFFD quietly. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import { parseParameters } from '../../../../src/engine/parse-parameters.ts';
import { createDecoder, InvalidText, parseEncoding } from '../../../../src/items/encoding.ts';
import { importJob } from '../../../../src/jobs/import/import-job.ts';
import { importParameters } from '../../../../src/jobs/import/import-parameters.ts';
import { openGrantRows } from '../../../../src/jobs/import/row-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-encoding-'));
afterAll(() => rmSync(folder, { recursive: true }));

const GRANTS_CP949 = new URL('../../../fixtures/grants-cp949.csv', import.meta.url);
const HEADER = 'key,user_id,amount,granted_at,expires_at,reason\n';

/** Keys and reasons of the grants. */
async function read(content: Buffer, encoding?: string): Promise<string[][]> {
  const file = join(folder, 'grants.csv');
  writeFileSync(file, content);
  const { parameters } = await importParameters('grants', { file, encoding });
  const source = await openGrantRows(parseParameters(importJob('grants'), parameters));
  try {
    const rows: string[][] = [];
    for (let part = await source.read(2); part !== undefined; part = await source.read(2)) {
      rows.push(...part.map(({ payload }) => JSON.parse(payload)).map((fields) => [fields[0], fields[5]]));
    }
    return rows;
  } finally {
    source.close();
  }
}

function grants(reason: string): string {
  return `${HEADER}k1,1,100,2026-11-01,,${reason}\nk2,1,100,2026-11-01,,b\n`;
}

/** As bytes of UTF-16, with or without its mark. */
function utf16(text: string, isBigEndian: boolean, mark: string): Buffer {
  const bytes = Buffer.from(mark + text, 'utf16le');
  return isBigEndian ? bytes.swap16() : bytes;
}

describe('is read right', () => {
  const korean = grants('가나다 😀');
  test.each([
    ['UTF-8', Buffer.from(korean), undefined, '가나다 😀'],
    ['UTF-8 with a mark', Buffer.from(`\ufeff${korean}`), 'UTF8', '가나다 😀'],
    ['UTF-16 LE with a mark', utf16(korean, false, '\ufeff'), 'utf-16', '가나다 😀'],
    ['UTF-16 BE with a mark', utf16(korean, true, '\ufeff'), 'UTF16', '가나다 😀'],
    ['UTF-16 LE by name, with a mark', utf16(korean, false, '\ufeff'), 'utf-16le', '가나다 😀'],
    ['UTF-16 LE without a mark', utf16(korean, false, ''), 'utf-16le', '가나다 😀'],
    ['UTF-16 BE without a mark', utf16(korean, true, ''), 'utf-16be', '가나다 😀'],
    ['UTF-16 in gzip', gzipSync(utf16(korean, false, '\ufeff')), 'utf-16', '가나다 😀'],
    ['a genuine U+FFFD in UTF-8', Buffer.from(grants('\ufffd')), 'utf-8', '\ufffd'],
    ['EUC-KR', bytesWith([0xb0, 0xa1, 0xb3, 0xaa]), 'euc-kr', '가나'],
    ['CP949 beyond EUC-KR', bytesWith([0x8c, 0x63, 0xb9, 0xe6]), 'CP949', '똠방'],
    ['Latin-1', bytesWith([0x5a, 0x6f, 0xeb]), 'latin1', 'Zoë'],
    ['Windows-1252', bytesWith([0x80, 0x20, 0x35]), 'windows-1252', '€ 5'],
  ])('%s', async (_what, content, encoding, reason) => {
    expect(await read(content, encoding)).toEqual([
      ['k1', reason],
      ['k2', 'b'],
    ]);
  });

  test('three grants of CP949 stay three', async () => {
    expect(await read(readFileSync(GRANTS_CP949), 'cp949')).toEqual([
      ['가입축하', '이벤트'],
      ['생일축하', '이벤트'],
      ['추천인', '이벤트'],
    ]);
  });

  test('a character of which the bytes come in two blocks', async () => {
    for (const [encoding, text] of [
      ['utf-8', Buffer.from('가😀')],
      ['utf-16le', Buffer.from('가😀', 'utf16le')],
      ['cp949', Buffer.from([0x8c, 0x63, 0xb0, 0xa1])],
    ] as const) {
      const whole = createDecoder(encoding)(text, true).toString();
      for (let cut = 0; cut <= text.length; cut++) {
        const decode = createDecoder(encoding);
        const parts = [decode(text.subarray(0, cut), false), decode(text.subarray(cut), false)];
        expect(Buffer.concat([...parts, decode(Buffer.alloc(0), true)]).toString()).toBe(whole);
      }
    }
  });
});

describe('is refused by line', () => {
  test.each([
    ['CP949 as UTF-8', readFileSync(GRANTS_CP949), undefined, 'grants.csv line 2 is not UTF-8'],
    ['half a character of UTF-8', bytesWith([0xe3, 0x81]), undefined, 'grants.csv line 2 is not UTF-8'],
    ['an overlong character', bytesWith([0xc0, 0xaf]), undefined, 'grants.csv line 2 is not UTF-8'],
    ['a surrogate in UTF-8', bytesWith([0xed, 0xa0, 0x80]), undefined, 'grants.csv line 2 is not UTF-8'],
    ['no character of CP949', bytesWith([0xff, 0x41]), 'cp949', 'grants.csv line 2 is not CP949'],
    ['half a character of CP949', bytesWith([0xb0]), 'cp949', 'grants.csv line 2 is not CP949'],
    ['no character of Windows-1252', bytesWith([0x81]), 'cp1252', 'grants.csv line 2 is not Windows-1252'],
    ['half a pair of UTF-16', utf16(grants('\ud83d!'), false, ''), 'utf-16le', 'grants.csv line 2 is not UTF-16LE'],
    ['half a unit of UTF-16', utf16(grants('a'), true, '').subarray(0, -1), 'utf-16be', 'line 3 is not UTF-16BE'],
    ['UTF-16 as UTF-8', utf16(grants('a'), false, '\ufeff'), undefined, 'grants.csv: the text is UTF-16'],
    ['UTF-8 with a mark as CP949', Buffer.from(`\ufeff${grants('a')}`), 'cp949', 'grants.csv: the text is UTF-8'],
    ['UTF-16 of which nothing says which', utf16(grants('a'), false, ''), 'utf-16', 'no byte order mark'],
  ])('%s', async (_what, content, encoding, message) => {
    await expect(read(content, encoding)).rejects.toMatchObject({
      exitCode: 2,
      message: expect.stringContaining(message),
    });
  });

  test('behind many good lines, with CR alone at their ends', async () => {
    const lines = `${HEADER}${'k,1,100,2026-11-01,,b\n'.repeat(30_000)}`.replaceAll('\n', '\r');
    const content = Buffer.concat([Buffer.from(lines), Buffer.from([0xff, 13])]);
    await expect(read(content)).rejects.toThrow('grants.csv line 30002 is not UTF-8');
  });

  test('an encoding that is not known', () => {
    expect(() => parseEncoding('koi8')).toThrow(/encoding: koi8 is not known/);
  });
});

test('every byte that is not valid is found, wherever it stands', () => {
  const text = Buffer.from('a가😀é'.repeat(3));
  for (let at = 0; at < text.length; at++) {
    const broken = Buffer.from(text);
    broken[at] = 0xff;
    const decode = createDecoder('utf-8');
    let before: Buffer | undefined;
    try {
      decode(broken, true);
    } catch (error) {
      before = (error as InvalidText).before;
      expect(error).toBeInstanceOf(InvalidText);
    }
    expect(text.subarray(0, before?.length).equals(before!)).toBe(true);
    expect(at - before!.length).toBeLessThan(4);
  }
});

function bytesWith(reason: readonly number[]): Buffer {
  const [head, rest] = grants('|').split('|');
  return Buffer.concat([Buffer.from(head), Buffer.from(reason), Buffer.from(rest)]);
}
