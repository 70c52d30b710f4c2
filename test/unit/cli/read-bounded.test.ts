/** What is small when it is right is looked at before it is read: no more than its bound comes into memory. */
import { execFileSync, spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readBounded } from '../../../src/cli/read-bounded.ts';
import { readRateCard } from '../../../src/jobs/video-settlement/commands/import-rates.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-bounded-'));
afterAll(() => rmSync(folder, { recursive: true }));

function read(path: string, bytesMax: number): number | undefined {
  const file = openSync(path, 'r');
  try {
    return readBounded(file, bytesMax)?.length;
  } finally {
    closeSync(file);
  }
}

test('a file of as many bytes as are taken, and of one more', () => {
  const path = join(folder, 'card.json');
  writeFileSync(path, Buffer.alloc(200_000));
  expect(read(path, 200_000)).toBe(200_000);
  expect(read(path, 199_999)).toBeUndefined();
});

test('a pipe that never ends, and a rate card that comes by it', { timeout: 30_000 }, async () => {
  const pipe = join(folder, 'pipe');
  execFileSync('mkfifo', [pipe]);
  const refusals = [
    async () => expect(read(pipe, 1_000)).toBeUndefined(),
    async () =>
      expect(() => readRateCard(pipe)).toThrow(
        expect.objectContaining({
          exitCode: 2,
          message: `${pipe} is longer than the 1000000 bytes of a rate card`,
        }),
      ),
  ];
  for (const refusal of refusals) {
    const writer = spawn('sh', ['-c', `exec yes > ${pipe}`], { stdio: 'ignore' });
    const ended = new Promise<void>((resolve) => writer.once('exit', () => resolve()));
    await refusal();
    await ended;
  }
});
