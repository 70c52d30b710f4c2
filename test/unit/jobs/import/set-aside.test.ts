/** NULLs by name, odd years, and lines that are set aside: what is kept of one, and what a replay makes of it. */
import { expect, test } from 'vitest';
import { JobParameters } from '../../../../src/engine/parameters.ts';
import { readAgain, readFileLine } from '../../../../src/jobs/import/file-line.ts';
import { columnsOf } from '../../../../src/jobs/import/import-parameters.ts';
import { nullParameter, readingOf } from '../../../../src/jobs/import/reading.ts';
import { parseGrant } from '../../../../src/jobs/points/grants/grant-row.ts';

function reading(raw: Readonly<Record<string, string>> = {}) {
  return readingOf(
    new JobParameters(Object.entries(raw).map(([name, value]) => ({ name, value, type: 'string', identifying: true }))),
  );
}

const columns = columnsOf('grants');
const parse = (...[record, how]: Parameters<typeof parseGrant> extends [infer R, infer H, unknown] ? [R, H] : never) =>
  parseGrant(record, how, 'Asia/Seoul');

/** Reads a line of a file of grants whose columns are in the usual order. */
function grant(fields: readonly string[], how = reading(), fieldCount = 6) {
  const places = [0, 1, 2, 3, 4, 5];
  return readFileLine({ fields, fieldCount: fields.length, line: 7 }, fieldCount, places, columns, how, parse);
}

const GOOD = ['g1', '7', '10', '2026-11-01', '2027-11-01', 'fine'];
const without = (index: number, text: string) => GOOD.map((field, i) => (i === index ? text : field));

test.each([
  [without(0, 'g2 '), 'key has blanks around it'],
  [without(0, '\u00a0g2'), 'key has blanks around it'],
  [without(2, '9223372036854775808'), 'amount "9223372036854775808" is outside of 1 to 2^63 - 1'],
  [without(1, '-1'), 'user_id "-1" is outside of 0 to 2^63 - 1'],
  [
    without(3, '1763607600'),
    'granted_at "1763607600" is a time only as seconds, 2025-11-20 03:00:00 UTC; --time-unit seconds reads it so',
  ],
  [[...GOOD.slice(0, 3), '9999-12-31 23:00', '', ''], expect.stringMatching(/is no business date$/)],
  [GOOD.slice(0, 5), '5 fields, expected 6'],
  [[...GOOD, 'x'], '7 fields, expected 6'],
])('%j is set aside', (fields, problem) => {
  const line = grant(fields);
  expect(line).toMatchObject({ line: 7, key: 'line 7', content: { problem } });
  const again = readAgain(line.payload, columns, reading(), parse);
  expect(again).toEqual({
    problem: fields.length === 6 ? problem : 'the line has another number of fields than the header',
  });
});

test('a line with too few fields is not taken for the fields of the columns by a replay', () => {
  // Six fields of a file with eight columns.
  const line = grant(GOOD, reading(), 8);
  expect(line.content).toEqual({ problem: '6 fields, expected 8' });
  expect(readAgain(line.payload, columns, reading(), parse)).toHaveProperty('problem');
});

test('--null: an expiry that is NULL is none; a key or an amount that is NULL is set aside', () => {
  const how = reading({ null: '["NULL","\\\\N"]' });
  for (const text of ['\\N', 'NULL', '']) {
    const { content, payload } = grant(without(4, text), how);
    expect(content).toMatchObject({ key: 'g1', entries: [{}, { lot: { expiresAt: null } }] });
    expect(readAgain(payload, columns, how, parse)).toEqual(content);
  }
  expect(grant(without(4, '\\N')).content).toEqual({
    problem: 'expires_at "\\\\N" is not a time; --null \'\\N\' reads it as NULL',
  });
  expect(grant(without(2, 'NULL'), how).content).toEqual({ problem: 'amount is NULL ("NULL"), and cannot be' });
  expect(grant(without(0, 'NULL'), how).content).toEqual({ problem: 'key is NULL ("NULL"), and cannot be' });
});

test('the texts that mean NULL make one parameter, whatever their order', () => {
  expect(nullParameter(['\\N', 'NULL', ' \\N ', ''])).toBe('["NULL","\\\\N"]');
  expect(nullParameter([])).toBe('[]');
});

test('years outside of 2000 to 2100 are counted by column, with the first', () => {
  const how = reading();
  grant(without(4, '9999-01-01'), how);
  grant(GOOD, how);
  grant(['g2', '7', '1', '1026-11-01 03:00', '9998-01-01', ''], how);
  expect(how.oddYears.warnings()).toEqual([
    'expires_at is outside of the years 2000 to 2100 in 2 rows, first in line 7: 9999-01-01 00:00:00',
    'granted_at is outside of the years 2000 to 2100 in 1 row, first in line 7: 1026-11-01 03:00:00',
  ]);
});
