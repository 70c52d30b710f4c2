/** Whatever names, keys and reasons others have given: a cell of CSV is a number or a name of a column, never a formula. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildLog } from '../../oracles/logs.ts';
import { runSettle } from '../../support/run-settle.ts';
import { type Bench, openBench, settle } from '../daily/support.ts';
import { grant, move, post, user } from '../ledger/support.ts';
import { lowCard, useCard } from '../video-settlement/support.ts';

const date = '2024-11-20';
const zone = 'Asia/Seoul';
const FORMULA = '=cmd|"/c calc"!A1';

let bench: Bench;
beforeAll(async () => {
  bench = await openBench('sqlite', buildLog('dirty', 5, 300, date, zone));
  await useCard(bench.database, { ...lowCard, name: FORMULA } as typeof lowCard);
  await settle(bench.database, date, zone, { workers: 1 });
  await post(bench.database, [
    { ...grant('@SUM(1)', 7, 5), reason: FORMULA },
    { ...grant('+1', 8, 5), kind: 'grant', reason: '-1+1' },
  ]);
  await post(bench.database, [move('-1', user(7), user(8), 2)]);
});
afterAll(() => bench.drop());

test.each([
  ['stats', '--date', date, '--format', 'csv'],
  ['stats', '--date', date, '--period', 'month', '--format', 'csv'],
  ['settlement', '--date', date, '--format', 'csv'],
  ['ledger', 'balances', '--format', 'csv'],
])('%s %s %s %s', async (...args) => {
  const { code, stdout } = await runSettle(args, { url: bench.test.url, env: { SETTLE_LOG: 'silent' } });
  expect(code).toBe(0);
  const [header, ...lines] = stdout.trimEnd().split('\n');
  expect(header).toMatch(/^[a-z_]+(,[a-z_]+)+$/);
  expect(lines.length).toBeGreaterThan(1);
  for (const line of lines) expect(line).toMatch(/^(-?[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2})?(,(-?[0-9]+)?)+$/);
});
