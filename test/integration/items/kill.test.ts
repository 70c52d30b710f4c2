/** Readers and writers of src/items under a real SIGKILL: what is in the table and in the files is what a clean run leaves. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import { openDatabase } from '../../../src/database/open.ts';
import { type DatabaseKind, freshEngine, testDatabases } from '../../support/databases.ts';

const program = fileURLToPath(new URL('../../support/items-room-process.ts', import.meta.url));
const killSwitch = new URL('../../support/kill-switch.ts', import.meta.url).href;
const ids = Array.from({ length: 10 }, (_, i) => i + 1);
const csv = (some: readonly number[]) => `id,name\n${some.map((id) => `${id},n${id}\n`).join('')}`;
const files = {
  'out-1.csv': `${csv([1, 2, 3, 4])}rows,4\n`,
  'out-2.csv': `${csv([5, 6, 7, 8])}rows,4\n`,
  'out-3.csv': `${csv([9, 10])}rows,2\n`,
};

/** Exit code, or the signal. */
async function run(url: string, folder: string, reader: string, kill?: { mode: string; at: number }) {
  const env = kill && {
    SETTLE_DATABASE_URL: url,
    NODE_OPTIONS: `--import=${killSwitch}`,
    SETTLE_KILL_MODE: kill.mode,
    SETTLE_KILL_AT: String(kill.at),
    SETTLE_KILL_MATCH: 'COMMIT',
  };
  const child = spawn(process.execPath, [program, url, folder, reader], {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'ignore', 'inherit'],
  });
  child.stdin.on('error', () => {});
  child.stdin.end(csv(ids));
  const [code, signal] = await once(child, 'exit');
  return signal ?? code;
}

async function copyThroughKills(kind: DatabaseKind, reader: string, points: readonly { mode: string; at: number }[]) {
  const own = await freshEngine(kind);
  const folder = mkdtempSync(join(tmpdir(), 'settle-items-'));
  const database = await openDatabase(own.url);
  try {
    for (const table of ['source', 'target'])
      await database.knex.raw(`CREATE TABLE ${table} (id BIGINT NOT NULL, name VARCHAR(20))`);
    await database.knex('source').insert(ids.map((id) => ({ id, name: `n${id}` })));
    writeFileSync(join(folder, 'in-1.csv'), csv(ids.slice(0, 2)));
    writeFileSync(join(folder, 'in-2.csv.gz'), gzipSync(csv(ids.slice(2, 7))));
    writeFileSync(join(folder, 'in-3.csv.zst'), zstdCompressSync(csv(ids.slice(7))));
    const ends: unknown[] = [];
    for (const point of points) ends.push(await run(own.url, folder, reader, point));
    expect(await run(own.url, folder, reader)).toBe(0);
    const rows = await database.knex('target').orderBy('id').select('id', 'name');
    expect(rows.map(({ id, name }) => [Number(id), name])).toEqual(ids.map((id) => [id, `n${id}`]));
    const written = readdirSync(folder).filter((name) => name.startsWith('out-'));
    expect(Object.fromEntries(written.map((name) => [name, readFileSync(join(folder, name), 'utf8')]))).toEqual(files);
    return ends;
  } finally {
    await database.close();
    await own.drop();
    rmSync(folder, { recursive: true, force: true });
  }
}

describe.each(['table', 'query-key', 'query-count', 'file', 'stdin', 'list'])('%s reader', (reader) => {
  test('goes on behind the last commit after kills before and after it', async () => {
    // The runs' own commits count as well: these lie among the chunks, and at the end.
    const points = [
      { mode: 'after-commit', at: 6 },
      { mode: 'before-commit', at: 6 },
    ];
    expect(await copyThroughKills('sqlite', reader, points)).toContain('SIGKILL');
  });
});

test('a file that was renamed before the kill is taken back, at whichever commit the run dies', async () => {
  const ends = await copyThroughKills(
    'sqlite',
    'table',
    [7, 6, 3, 3].map((at) => ({ mode: 'before-commit', at })),
  );
  expect(ends.filter((end) => end === 'SIGKILL').length).toBeGreaterThan(0);
});

describe.each(testDatabases().filter(({ name }) => name !== 'sqlite'))('on $name', ({ name }) => {
  test.each(['table', 'query-key'])('%s reader', async (reader) => {
    expect(await copyThroughKills(name, reader, [{ mode: 'after-commit', at: 6 }])).toEqual(['SIGKILL']);
  });
});
