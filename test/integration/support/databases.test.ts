/** The guard that no two tests share a database is itself tested: without it, tests fail at random. */
import { createConnection } from 'mysql2/promise';
import { describe, expect, test } from 'vitest';
import { freshDatabase, serverDatabases, testDatabases } from '../../support/databases.ts';

describe.each(testDatabases())('a test database on $name', ({ name }) => {
  test('is never given out twice while it is in use', async () => {
    const database = await freshDatabase(name, `guard_${process.pid}`);
    await expect(freshDatabase(name, `guard_${process.pid}`)).rejects.toThrow('in use by another test');
    await database.drop();
    const again = await freshDatabase(name, `guard_${process.pid}`);
    await again.drop();
    await again.drop();
  });
});

describe.each(serverDatabases())('a server database on $name', ({ name }) => {
  test('can be connected to, is empty, and is gone after drop', async () => {
    const database = await freshDatabase(name);
    const connection = await createConnection(database.url);
    const [tables] = await connection.query('SHOW TABLES');
    await connection.end();
    expect(tables).toEqual([]);
    await database.drop();
    await expect(createConnection(database.url)).rejects.toThrow(/unknown database/i);
  });
});
