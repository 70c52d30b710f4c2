/** A digit is one of 0 to 9: full-width, Arabic-Indic and other digits are no numbers, in no file and in no flag. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { chunkRows, count, identifier, parseId } from '../../../src/cli/arguments.ts';
import { loadSettings } from '../../../src/cli/config.ts';
import { parseSince } from '../../../src/cli/parse-since.ts';
import { parseDatabaseUrl } from '../../../src/database/url.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import type { JobParameters } from '../../../src/engine/parameters.ts';
import { parseParameters } from '../../../src/engine/parse-parameters.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { columnsOf, type ImportKind, importParameters } from '../../../src/jobs/import/import-parameters.ts';
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
} from '../../../src/jobs/import/row-source.ts';
import { parseRateCard } from '../../../src/jobs/video-settlement/rules/rate-card.ts';
import { parseBusinessDate } from '../../../src/rules/business-time.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-digits-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** First digits of: full-width, Arabic-Indic, extended Arabic-Indic, Devanagari, mathematical bold. */
const ZEROS = [0xff10, 0x0660, 0x06f0, 0x0966, 0x1d7ce];
const inOtherDigits = (text: string) => [
  ...ZEROS.map((zero) => text.replace(/[0-9]/g, (digit) => String.fromCodePoint(zero + Number(digit)))),
  // One of them is enough.
  text.replace(/[0-9](?=[^0-9]*$)/, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
  // Superscripts are digits to some.
  text.replace(/[0-9](?=[^0-9]*$)/, '\u00b2'),
];

const GOOD: Readonly<Record<ImportKind, Readonly<Record<string, string>>>> = {
  views: {
    id: '12',
    video_id: '2',
    viewer_id: '3',
    viewed_at: '2024-11-20T01:02:03Z',
    play_seconds: '10',
    ad_views: '1',
  },
  videos: { id: '12', creator_id: '7' },
  challenges: {
    ...{ id: '1', start_date: '2024-11-20', end_date: '2024-11-25', min_members: '2', stake: '10' },
    ...{ threshold_percent: '80', fee_bp: '100' },
  },
  members: {
    ...{ id: '1', challenge_id: '2', user_id: '3', stake: '10' },
    ...{ joined_at: '2024-11-20 01:02:03', quit_at: '2024-11-21 01:02:03.5' },
  },
  proofs: { id: '1', challenge_id: '2', user_id: '3', proof_date: '2024-11-20' },
  grants: { key: 'k', user_id: '1', amount: '10', granted_at: '2024-11-20', expires_at: '2025-11-20', reason: '' },
  coupons: { id: '1', quota: '2', opens_at: '2024-11-20 01:02:03', closes_at: '2024-11-21 01:02:03' },
  'coupon-requests': { id: '1', coupon_id: '2', user_id: '3', requested_at: '2024-11-20 01:02:03' },
  'stock-movements': {
    ...{ id: '1', product_id: '2', kind: 'reserve', quantity: '3', reservation_id: 'r' },
    happened_at: '2024-11-20 01:02:03',
  },
  'payment-orders': { id: '1', user_id: '2', amount: '10', status: 'PAID', created_at: '2024-11-20T01:02:03Z' },
  'payment-approvals': {
    ...{ id: '1', order_id: '2', amount: '10', status: 'APPROVED', approved_at: '2024-11-20T01:02:03Z' },
  },
  'deposit-accounts': { id: '1', product: 'saver', opened_on: '2024-11-20', closed_on: '2025-11-20' },
  'deposit-entries': { id: '1', account_id: '2', value_date: '2024-11-20', amount: '-10' },
};
const TEXTS = ['key', 'reason', 'kind', 'reservation_id', 'status', 'product'];
const openers: Readonly<Record<ImportKind, (parameters: JobParameters) => Promise<RowSource<object>>>> = {
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

/** What is wrong with the first line of such a file. */
async function problemOf(kind: ImportKind, fields: Readonly<Record<string, string>>): Promise<string | undefined> {
  const file = join(folder, 'digits.csv');
  writeFileSync(file, `${Object.keys(fields).join(',')}\n${Object.values(fields).join(',')}\n`);
  const { parameters } = await importParameters(kind, { file });
  const source = await openers[kind](parseParameters(importJob(kind), parameters));
  try {
    const [row] = (await source.read(10)) ?? [];
    const { content } = row as { content?: { problem?: string } };
    return content?.problem;
  } catch (error) {
    expect(error).toMatchObject({ exitCode: 2 });
    return (error as Error).message;
  } finally {
    source.close();
  }
}

describe.each(Object.keys(GOOD) as ImportKind[])('a file of %s', (kind) => {
  const columns = columnsOf(kind).map(({ name }) => name);
  test('names all of its numbers and times here', async () => {
    // A file of payments must have its status.
    const words = kind.startsWith('payment-') ? [] : ['status', 'no_winner_policy'];
    expect(Object.keys(GOOD[kind]).sort()).toEqual(columns.filter((name) => !words.includes(name)).sort());
    expect(await problemOf(kind, GOOD[kind])).toBeUndefined();
  });

  test.each(columns.filter((name) => name in GOOD[kind] && !TEXTS.includes(name)))('%s', async (column) => {
    for (const text of inOtherDigits(GOOD[kind][column])) {
      expect(await problemOf(kind, { ...GOOD[kind], [column]: text }), text).toContain(column);
    }
  });
});

const job: JobDefinition = {
  name: 'j',
  description: '',
  steps: [],
  parameters: (['long', 'double', 'date'] as const).map((type) => {
    return { name: type, type, identifying: true, required: false, description: '' };
  }),
};
const card = (price: string, effectiveFrom = '2024-01-01') => ({
  name: 'c',
  effectiveFrom,
  view: [{ from: 0, price }],
  adView: [{ from: 0, price: '1' }],
});

test.each<[string, string, (text: string) => unknown]>([
  ['the number of an execution', '12', parseId],
  ['an id', '-12', identifier('--user')],
  ['a count', '12', count('--limit')],
  ['--chunk', '12', chunkRows],
  ['--since', '12d', (text) => parseSince('--since', text, new Date())],
  ['--since with a date', '2024-11-20', (text) => parseSince('--since', text, new Date())],
  ['--since with a time', '2024-11-20T01:02:03Z', (text) => parseSince('--since', text, new Date())],
  ['--date', '2024-11-20', parseBusinessDate],
  ['-p of a whole number', '12', (long) => parseParameters(job, { long })],
  ['-p of a number', '1.5', (double) => parseParameters(job, { double })],
  ['-p of a date', '2024-11-20', (date) => parseParameters(job, { date })],
  ['SETTLE_WORKERS', '2', (SETTLE_WORKERS) => loadSettings({}, { SETTLE_WORKERS })],
  ['a price', '1.5', (price) => parseRateCard(card(price))],
  ['a date of a rate card', '2024-01-01', (date) => parseRateCard(card('1', date))],
  ['a port', 'mysql://u@localhost:3306/d', parseDatabaseUrl],
])('%s', async (_what, good, parse) => {
  await parse(good);
  for (const text of inOtherDigits(good)) {
    await expect(async () => await parse(text), text).rejects.toThrow(expect.objectContaining({ exitCode: 2 }));
  }
});
