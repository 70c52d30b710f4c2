/** Fails when an upgrade of mysql2 moves what mysql2-seam.ts relies on, and breaks connections in every place. */
import { type AddressInfo, connect as connectSocket, createServer, type Socket } from 'node:net';
import type { Connection } from 'mysql2';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { bulkInsert } from '../../../src/database/bulk-insert.ts';
import { ColumnBatch, type ColumnSpec } from '../../../src/database/column-batch.ts';
import { openScanner } from '../../../src/database/column-scan.ts';
import type { Database } from '../../../src/database/database.ts';
import { classifyError } from '../../../src/database/errors.ts';
import { executeIntoTarget, SeamMovedError, seamFits } from '../../../src/database/mysql2-seam.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { withRawConnection } from '../../../src/database/raw-connection.ts';
import type { RangeQuery, Scanner } from '../../../src/database/scanner.ts';
import { administer, freshDatabase, serverDatabases, type TestDatabase } from '../../support/databases.ts';

const ROWS = 3000;
const specs: readonly ColumnSpec[] = [
  { name: 'id', type: 'int64' },
  { name: 'v', type: 'number' },
];
const all: RangeQuery = { table: 't', key: 'id', columns: specs, from: 0n, to: 2n ** 62n, limit: ROWS };

/** A relay that hands on the server's bytes in pieces of `pieceBytes()`, and can cut the line after so many bytes. */
async function startRelay(url: string, pieceBytes: () => number) {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  const relay = { url: '', cutAfterBytes: Number.POSITIVE_INFINITY, close: () => {} };
  const server = createServer((client) => {
    const upstream = connectSocket(Number(target.port || 3306), target.hostname);
    client.setNoDelay(true);
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    client.on('data', (bytes) => upstream.write(bytes));
    let queue = Promise.resolve();
    upstream.on('data', (bytes) => {
      queue = queue.then(async () => {
        for (let at = 0; at < bytes.length; ) {
          const piece = bytes.subarray(at, at + Math.max(1, pieceBytes()));
          at += piece.length;
          relay.cutAfterBytes -= piece.length;
          if (relay.cutAfterBytes < 0) return void client.destroy();
          // Each piece waits until the last one is out, so that the reader gets them apart.
          await new Promise((resolve) => client.write(piece, resolve));
          await new Promise(setImmediate);
        }
      });
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = new URL(url);
  own.hostname = '127.0.0.1';
  own.port = String((server.address() as AddressInfo).port);
  relay.url = own.href;
  relay.close = () => {
    server.close();
    for (const socket of sockets) socket.destroy();
  };
  return relay;
}

describe.each(serverDatabases())('the seam to mysql2 on $name', ({ name }) => {
  let own: TestDatabase;
  let database: Database;
  let scanner: Scanner;

  beforeEach(async () => {
    own = await freshDatabase(name);
    database = await openDatabase(own.url);
    await database.knex.raw('CREATE TABLE t (id BIGINT PRIMARY KEY, v INT)');
    const rows = Array.from({ length: ROWS }, (_, i) => [i, i % 5 === 0 ? null : i]);
    await bulkInsert(database.knex, database.dialect, { table: 't', columns: ['id', 'v'] }, rows);
    scanner = await openScanner(database);
  });
  afterEach(async () => {
    await scanner.close();
    await database.close();
    await own.drop();
  });

  function expectAllRows(batch: ColumnBatch): void {
    expect(batch.size).toBe(ROWS);
    for (let i = 0; i < ROWS; i++) {
      if (batch.int64(0).values[i] !== BigInt(i) || batch.doubles(1)[i] !== (i % 5 === 0 ? 0 : i)) {
        expect([i, batch.int64(0).values[i], batch.doubles(1)[i]]).toEqual([i, BigInt(i), i]);
      }
    }
  }

  test('this version of mysql2 fits, and its own parser sees no row', async () => {
    await withRawConnection(database.knex, async (connection: Connection) => {
      expect(seamFits(connection)).toBe(true);
      const parser = (connection as unknown as { packetParser: { onPacket: (packet: unknown) => void } }).packetParser;
      const before = parser;
      let packets = 0;
      const onPacket = parser.onPacket;
      parser.onPacket = (packet) => {
        packets++;
        onPacket(packet);
      };
      let rows = 0;
      await executeIntoTarget(connection, 'SELECT id FROM t ORDER BY id', [], () => ({
        get rows() {
          return rows;
        },
        decode(bytes, at) {
          while (at + 5 <= bytes.length && bytes[at + 4] === 0) {
            const next = at + 4 + bytes[at] + (bytes[at + 1] << 8);
            if (next > bytes.length) break;
            rows++;
            at = next;
          }
          return at;
        },
      }));
      expect(rows).toBe(ROWS);
      // Prepare: header, column, end. Execute: header, column, end, end of rows.
      expect(packets).toBeLessThan(12);
      parser.onPacket = onPacket;
      expect((connection as unknown as { packetParser: unknown }).packetParser).toBe(before);
    });
    expect(await database.knex('t').count('* as n')).toEqual([{ n: ROWS }]);
  });

  test('ordinary statements and scans take turns on one connection', async () => {
    const one = await openDatabase(own.url, { poolSizeMax: 1 });
    try {
      for (let i = 0; i < 20; i++) {
        const reader = await openScanner(one);
        const batch = new ColumnBatch(specs, ROWS);
        expect(await reader.scan({ ...all, limit: 1 + i * 100 }, batch)).toBe(1 + i * 100);
        await reader.close();
        expect(await one.knex('t').count('* as n')).toEqual([{ n: ROWS }]);
      }
    } finally {
      await one.close();
    }
  });

  test.each([
    ['one byte', () => 1],
    ['three bytes', () => 3],
    ['random pieces', () => Math.floor(Math.random() * 300)],
  ])('bytes that arrive in pieces of %s', async (_label, pieceBytes) => {
    let size = () => 65_536;
    const relay = await startRelay(own.url, () => size());
    const relayed = await openDatabase(relay.url);
    try {
      const reader = await openScanner(relayed);
      size = pieceBytes;
      const batch = new ColumnBatch(specs, ROWS);
      await reader.scan(all, batch);
      expectAllRows(batch);
      await reader.scan(all, batch);
      expectAllRows(batch);
      await reader.close();
    } finally {
      size = () => 65_536;
      await relayed.close();
      relay.close();
    }
  });

  test.each([0, 3, 40, 150, 200, 500, 10_000, 40_000])('a line that is cut after %i bytes rejects', async (bytes) => {
    const relay = await startRelay(own.url, () => 777);
    const relayed = await openDatabase(relay.url);
    try {
      const reader = await openScanner(relayed);
      const batch = new ColumnBatch(specs, ROWS);
      relay.cutAfterBytes = bytes;
      const error = await reader.scan(all, batch).catch((e: unknown) => e);
      expect(classifyError(error)).toBe('transient');
      expect(classifyError(await reader.scan(all, batch).catch((e: unknown) => e))).toBe('transient');
      await reader.close();
      relay.cutAfterBytes = Number.POSITIVE_INFINITY;
      expect(await relayed.knex('t').count('* as n')).toEqual([{ n: ROWS }]);
    } finally {
      await relayed.close();
      relay.close();
    }
  });

  test('a killed session rejects while rows are on their way', async () => {
    const batch = new ColumnBatch(specs, ROWS);
    // The condition makes the server slow: rows come for half a minute.
    const slow = { ...all, where: 'SLEEP(0.01) = 0' };
    const scan = scanner.scan(slow, batch).catch((e: unknown) => e);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const sessions = (await database.knex.raw('SHOW FULL PROCESSLIST'))[0] as { Id: number; Info: string | null }[];
    const session = sessions.find(({ Info }) => Info?.includes('SLEEP(0.01)'));
    await administer(name, `KILL ${session?.Id}`);
    expect(classifyError(await scan)).toBe('transient');
  });

  test('an error of the server after rows is its own error, and the connection stays usable', async () => {
    const batch = new ColumnBatch(specs, ROWS);
    // Overflows at the last row only.
    const where = `IF(id = ${ROWS - 1}, CAST(9223372036854775807 AS SIGNED) + id, 1) <> 0`;
    await expect(scanner.scan({ ...all, where }, batch)).rejects.toThrow(/out of range/i);
    await scanner.scan(all, batch);
    expectAllRows(batch);
  });

  test('more rows than announced break the connection, not the process', async () => {
    await withRawConnection(database.knex, async (connection: Connection) => {
      const broken = executeIntoTarget(connection, 'SELECT id FROM t', [], () => ({
        rows: 0,
        decode() {
          throw new Error('cannot decode');
        },
      }));
      await expect(broken).rejects.toThrow('cannot decode');
    });
    expect(await database.knex('t').count('* as n')).toEqual([{ n: ROWS }]);
  });

  test('a mysql2 that keeps its parser to itself is noticed, and the scan falls back', async () => {
    const moved = await openDatabase(own.url, { poolSizeMax: 1 });
    try {
      await withRawConnection(moved.knex, async (connection: Connection) => {
        const parser = (connection as unknown as { packetParser: object }).packetParser;
        Object.defineProperty(connection, 'packetParser', { get: () => parser, set: () => {} });
        const target = { rows: 0, decode: (_bytes: Uint8Array, at: number) => at };
        const outcome = executeIntoTarget(connection, 'SELECT id FROM t', [], () => target);
        await expect(outcome).rejects.toThrow(SeamMovedError);
      });
      const reader = await openScanner(moved);
      const batch = new ColumnBatch(specs, ROWS);
      await reader.scan(all, batch);
      expectAllRows(batch);
      await reader.close();
    } finally {
      await moved.close();
    }
  });

  test('a mysql2 whose commands build their parser elsewhere is noticed, and the scan falls back', async () => {
    const moved = await openDatabase(own.url, { poolSizeMax: 1 });
    try {
      await withRawConnection(moved.knex, async (connection: Connection) => {
        const execute = connection.execute.bind(connection) as (...parameters: unknown[]) => unknown;
        Object.assign(connection, {
          execute: (...parameters: unknown[]) => {
            execute(...parameters);
            return {};
          },
        });
      });
      const reader = await openScanner(moved);
      const batch = new ColumnBatch(specs, ROWS);
      await reader.scan(all, batch);
      expectAllRows(batch);
      await reader.close();
    } finally {
      await moved.close();
    }
  });

  test('one scan at a time', async () => {
    const batch = new ColumnBatch(specs, ROWS);
    const first = scanner.scan(all, batch);
    await expect(scanner.scan(all, new ColumnBatch(specs, ROWS))).rejects.toThrow(/already running/);
    expect(await first).toBe(ROWS);
    await scanner.close();
    await expect(scanner.scan(all, batch)).rejects.toThrow(/closed/);
  });
});
