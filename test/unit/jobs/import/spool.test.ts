/** What can be read only once: pipes with and without a writer, descriptors, bounds and room; nothing is left behind. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { isStream, spool } from '../../../../src/jobs/import/spool.ts';

let folder: string;
let fifo: string;
let copies: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'settle-spool-'));
  fifo = join(folder, 'pipe');
  execFileSync('mkfifo', [fifo]);
  copies = mkdtempSync(join(folder, 'copies-'));
  vi.stubEnv('TMPDIR', copies);
});
afterEach(() => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
});

test('a named pipe is copied once, and the copy removed', async () => {
  expect(await isStream(fifo)).toBe(true);
  const content = 'x'.repeat(1_000_000);
  const [copy] = await Promise.all([spool(fifo), writeFile(fifo, content)]);
  expect(readFileSync(copy.path, 'utf8')).toBe(content);
  // Whatever ends the process ends the copy: no folder has it.
  if (process.platform === 'linux') expect(readdirSync(copies)).toEqual([]);
  await copy.remove();
  expect(readdirSync(copies)).toEqual([]);
});

test('a pipe into which nobody writes ends with the signal', async () => {
  const stop = new AbortController();
  const copying = spool(fifo, { signal: stop.signal });
  setTimeout(() => stop.abort('SIGTERM'), 50);
  await expect(copying).rejects.toMatchObject({ code: 'STOPPED', exitCode: 143 });
  const listeners = process.listenerCount('exit');
  await expect(spool(fifo, { signal: AbortSignal.abort('SIGINT') })).rejects.toMatchObject({ exitCode: 130 });
  expect(process.listenerCount('exit')).toBe(listeners);
  expect(readdirSync(copies)).toEqual([]);
});

test('more than the bound is refused', async () => {
  const writing = writeFile(fifo, Buffer.alloc(2_000_000)).catch(() => {});
  const copying = spool(fifo, { bytesMax: 1_048_576 });
  await expect(copying).rejects.toMatchObject({
    exitCode: 2,
    message: expect.stringContaining('longer than the 1 MB'),
  });
  await writing;
  expect(readdirSync(copies)).toEqual([]);
});

describe('where there is no room', () => {
  test('a folder that is not there', async () => {
    vi.stubEnv('TMPDIR', join(folder, 'none'));
    const message = expect.stringMatching(/is copied to \S+none, where there is no such folder$/);
    await expect(spool(fifo)).rejects.toMatchObject({ exitCode: 2, message, hint: expect.stringContaining('TMPDIR') });
  });

  test('a bound that is no number', async () => {
    vi.stubEnv('SETTLE_SPOOL_MAX_MB', 'much');
    await expect(spool(fifo)).rejects.toThrow('SETTLE_SPOOL_MAX_MB must be a whole number of at least 1, not "much"');
    expect(readdirSync(copies)).toEqual([]);
  });
});

test('files are read where they are; devices, folders and what is not there are refused', async () => {
  const file = join(folder, 'views.csv');
  writeFileSync(file, 'id\n');
  expect(await isStream(file)).toBe(false);
  for (const name of ['-', '/dev/stdin', '/dev/fd/0']) expect(await isStream(name)).toBe(true);
  await expect(isStream('/dev/null')).rejects.toThrow('cannot read /dev/null: it is a device');
  await expect(isStream(join(folder, 'none'))).rejects.toThrow('there is no such file');
  expect(await isStream(folder)).toBe(false);
});
