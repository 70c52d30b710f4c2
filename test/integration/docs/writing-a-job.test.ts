/** The program in docs/writing-a-job.md runs, and a second start finds it complete. */
import { execFile } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { freshDatabase, type TestDatabase } from '../../support/databases.ts';

const program = fileURLToPath(new URL(`./program-${process.pid}.ts`, import.meta.url));
let place: TestDatabase;

beforeEach(async () => {
  place = await freshDatabase('sqlite');
  const text = readFileSync(new URL('../../../docs/writing-a-job.md', import.meta.url), 'utf8');
  const code = [...text.matchAll(/```ts\n(.*?)```/gs)]
    .map(([, block]) => block)
    .find((one) => one.includes('openDatabase('))!;
  writeFileSync(program, code.replace("from 'settle'", "from '../../../src/index.ts'"));
});
afterEach(async () => {
  rmSync(program, { force: true });
  await place.drop();
});

test('the example of the documentation', async () => {
  const database = await openDatabase(place.url);
  try {
    await database.knex.schema.createTable('orders', (table) => {
      table.bigInteger('id').primary();
      table.date('ordered_on');
      table.bigInteger('amount');
      table.boolean('cancelled');
    });
    await database.knex.schema.createTable('invoices', (table) => {
      table.bigInteger('order_id').primary();
      table.bigInteger('amount');
    });
    const orders = Array.from({ length: 250 }, (_, index) => ({
      id: index + 1,
      ordered_on: index < 240 ? '2024-01-31' : '2024-02-01',
      amount: index * 100,
      cancelled: index % 10 === 0,
    }));
    await database.knex('orders').insert(orders);
    expect(await runProgram()).toBe('completed\n');
    expect(await runProgram()).toBe('already-complete\n');
    expect(await database.knex('invoices').count('* as rows').sum('amount as amount')).toEqual([
      { rows: 216, amount: orders.reduce((sum, order, i) => sum + (i < 240 && i % 10 ? order.amount : 0), 0) },
    ]);
  } finally {
    await database.close();
  }
});

async function runProgram(): Promise<string> {
  const env = { ...process.env, SETTLE_DATABASE_URL: place.url };
  const { stdout } = await promisify(execFile)(process.execPath, [program], { env });
  return stdout;
}
