/** Two rows of one key, one of which is committed: a restart refuses them, as the first start does, and passes over none. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { ExecutionContext } from '../../../src/engine/execution-context.ts';
import { queryReader } from '../../../src/items/query-reader.ts';
import { tableReader } from '../../../src/items/table-reader.ts';
import type { ItemReader } from '../../../src/steps/item-step.ts';
import { freshDatabase, sampledDatabases, type TestDatabase } from '../../support/databases.ts';

interface Row {
  readonly k: number;
  n: string;
}

describe.each(sampledDatabases(import.meta.url))('rows of one key on $name', ({ name }) => {
  let place: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    place = await freshDatabase(name);
    database = await openDatabase(place.url);
    await database.knex.raw('CREATE TABLE pairs (k BIGINT NOT NULL, n VARCHAR(9))');
    await database.knex('pairs').insert([1, 2, 2, 3].map((k, at) => ({ k, n: `n${at}` })));
  });
  afterAll(async () => {
    await database.close();
    await place.drop();
  });

  /** Of a start behind the first row of key 2. */
  async function restart(reader: ItemReader<Row, unknown>): Promise<Row[]> {
    const context = new ExecutionContext();
    context.put('lastKey', 2n);
    const rows: Row[] = [];
    try {
      await reader.open?.(context, undefined);
      for (let row = await reader.read(); row !== undefined; row = await reader.read()) rows.push(row);
      return rows;
    } finally {
      await reader.close?.();
    }
  }

  test('are refused by a restart', async () => {
    const query = () => queryReader<Row>(database, { sql: 'SELECT k, n FROM pairs', key: 'k' });
    const table = () => tableReader<Row>(database, { table: 'pairs', key: 'k' });
    await expect(restart(query())).rejects.toThrow(/two rows with k 2/);
    await expect(restart(table())).rejects.toThrow(/two rows with k 2/);
    await database.knex('pairs').where({ n: 'n2' }).delete();
    expect((await restart(query())).map(({ n }) => n)).toEqual(['n3']);
    expect((await restart(table())).map(({ n }) => n)).toEqual(['n3']);
    // The committed row may be gone.
    await database.knex('pairs').where({ n: 'n1' }).delete();
    expect((await restart(query())).map(({ n }) => n)).toEqual(['n3']);
    expect((await restart(table())).map(({ n }) => n)).toEqual(['n3']);
  });

  test('a processor that changes a row in its place changes nothing of the count', async () => {
    const sql = 'SELECT k, n FROM pairs ORDER BY k';
    const context = new ExecutionContext();
    const first = queryReader<Row>(database, { sql });
    await first.open?.(context, undefined);
    const row = (await first.read())!;
    row.n = 'changed';
    first.saveState(context, row, 1);
    await first.close?.();
    const second = queryReader<Row>(database, { sql });
    await second.open?.(context, undefined);
    expect(await second.read()).toMatchObject({ k: 3 });
    await second.close?.();
  });
});
