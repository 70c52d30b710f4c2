/** A last line without its end is taken only when it can be no beginning of a longer one. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, describe, expect, test } from 'vitest';
import type { JobParameters } from '../../../../src/engine/parameters.ts';
import { parseParameters } from '../../../../src/engine/parse-parameters.ts';
import { importJob } from '../../../../src/jobs/import/import-job.ts';
import { type ImportKind, importParameters } from '../../../../src/jobs/import/import-parameters.ts';
import {
  openChallengeRows,
  openCouponRequestRows,
  openCouponRows,
  openDepositAccountRows,
  openDepositEntryRows,
  openGrantRows,
  openMemberRows,
  openPaymentRows,
  openProofRows,
  openStockMovementRows,
  openVideoRows,
  openViewRows,
  type RowSource,
} from '../../../../src/jobs/import/row-source.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-last-line-'));
afterAll(() => rmSync(folder, { recursive: true }));

const openers: Readonly<Record<ImportKind, (parameters: JobParameters) => Promise<RowSource<unknown>>>> = {
  views: openViewRows,
  videos: openVideoRows,
  challenges: openChallengeRows,
  members: openMemberRows,
  proofs: openProofRows,
  grants: openGrantRows,
  coupons: openCouponRows,
  'coupon-requests': openCouponRequestRows,
  'stock-movements': openStockMovementRows,
  'payment-orders': (parameters) => openPaymentRows('payment-orders', parameters),
  'payment-approvals': (parameters) => openPaymentRows('payment-approvals', parameters),
  'deposit-accounts': openDepositAccountRows,
  'deposit-entries': openDepositEntryRows,
};

/** How many rows the file has. */
async function count(kind: ImportKind, content: string | Buffer, allowPartialLastLine = false): Promise<number> {
  const file = join(folder, 'cut.csv');
  writeFileSync(file, content);
  const { parameters } = await importParameters(kind, { file, allowPartialLastLine });
  const source = await openers[kind](parseParameters(importJob(kind), parameters));
  try {
    let rows = 0;
    for (let part = await source.read(10); part !== undefined; part = await source.read(10)) rows += part.length;
    return rows;
  } finally {
    source.close();
  }
}

const VIEWS = 'id,video_id,viewer_id,viewed_at,play_seconds,ad_views';
const TIME_LAST = 'id,video_id,viewer_id,play_seconds,viewed_at';
const GRANTS = 'key,user_id,amount,granted_at,expires_at,reason';

describe('may be cut off', () => {
  test.each([
    ['views', 'an integer', `${VIEWS}\n1,2,3,,4,12`],
    ['views', 'an empty field', `${VIEWS}\n1,2,3,,4,`],
    ['views', 'a time without an offset', `${TIME_LAST}\n1,2,3,4,2026-11-20 01:02:03`],
    ['views', 'a time in milliseconds', `${TIME_LAST}\n1,2,3,4,1700000000000`],
    ['views', 'an offset of hours only', `${TIME_LAST}\n1,2,3,4,2026-11-20 01:02:03+09`],
    ['videos', 'an integer between tabs', 'id\tcreator_id\n1\t12'],
    ['videos', 'a quote between tabs', 'id\tcreator_id\n1\t"12"'],
    ['videos', 'the header', 'id,creator_i'],
    ['members', 'a stake', 'id,challenge_id,user_id,joined_at,stake\n1,1,1,2026-11-20T00:00:00Z,12'],
    ['grants', 'a text', `${GRANTS}\nk,1,2,2026-11-20,,gift`],
    ['grants', 'a text in quotes, of which a second quote may follow', `${GRANTS}\nk,1,2,2026-11-20,,"gift"`],
    ['grants', 'a text and a blank', `${GRANTS}\nk,1,2,2026-11-20,,gift `],
    [
      'grants',
      'a date that may have a time',
      'key,user_id,amount,reason,granted_at,expires_at\nk,1,2,r,2026-11-20,2027-01-01 ',
    ],
  ] as const)('%s: %s', async (kind, _what, content) => {
    const problem = /^cut\.csv line [12]: the last line has no end: the file may be cut off in it$/;
    for (const file of [content, gzipSync(content)]) {
      const refusal = count(kind, file);
      await expect(refusal).rejects.toMatchObject({ exitCode: 2, message: expect.stringMatching(problem) });
      await expect(refusal).rejects.toHaveProperty('hint', expect.stringContaining('--allow-partial-last-line'));
    }
    if (content.includes('creator_id') || !content.startsWith('id,creator')) {
      expect(await count(kind, content, true)).toBe(content.includes('\n') ? 1 : 0);
    }
    expect(await count(kind, `${content.replace(/creator_i$/, 'creator_id')}\n`)).toBe(content.includes('\n') ? 1 : 0);
  });
});

describe('cannot be longer', () => {
  test.each([
    ['views', 'an integer in quotes', `${VIEWS}\n1,2,3,,4,"12"`],
    ['views', 'an integer, and padding', `${VIEWS}\n1,2,3,,4,12   `],
    ['views', 'a time with Z', `${TIME_LAST}\n1,2,3,4,2026-11-20T01:02:03.000Z`],
    ['views', 'a time with its offset', `${TIME_LAST}\n1,2,3,4,2026-11-20 01:02:03+09:00`],
    ['views', 'a column that nobody reads', `${VIEWS},note\n1,2,3,,4,12,wha`],
    ['proofs', 'a date', 'id,challenge_id,user_id,proof_date\n1,2,3,2026-11-20'],
    ['challenges', 'one of several words', 'id,start_date,end_date,stake,status\n1,2026-11-20,2026-11-21,5,READY'],
    ['views', 'a line that a CR has ended', `${VIEWS}\r\n1,2,3,,4,12\r`],
    ['views', 'blanks behind the last line', `${VIEWS}\n1,2,3,,4,12\n   `],
  ] as const)('%s: %s', async (kind, _what, content) => {
    expect(await count(kind, content)).toBe(1);
  });
});

test('a file of views that is cut off anywhere has whole rows, or is refused', async () => {
  const rows = ['1,2,3,2026-11-20T01:02:03.000Z,4,12', '22,33,44,,55,66'];
  const content = `${VIEWS}\n${rows.join('\n')}\n`;
  const ends = [VIEWS.length + 1, VIEWS.length + rows[0].length + 2, content.length];
  for (let length = 1; length < content.length; length++) {
    const rowsThere = await count('views', content.slice(0, length)).catch(() => undefined);
    // One row or none is right only where a line ends.
    if (rowsThere !== undefined) expect(ends.indexOf(length), `${length} bytes`).toBe(rowsThere);
  }
});
