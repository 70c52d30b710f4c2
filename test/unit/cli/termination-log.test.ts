import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { writeTerminationLog } from '../../../src/cli/termination-log.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-termination-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('is one JSON line of less than 4 KB, however long the message', () => {
  const path = join(folder, 'log');
  const message = '\u0001'.repeat(10_000);
  writeTerminationLog(
    { exitCode: 1, job: 'daily', businessDate: '2026-11-20', message },
    { SETTLE_TERMINATION_LOG: path },
  );
  const text = readFileSync(path, 'utf8');
  expect(Buffer.byteLength(text)).toBeLessThan(4096);
  expect(text.match(/\n/g)).toHaveLength(1);
  expect(JSON.parse(text)).toMatchObject({ exitCode: 1, job: 'daily', businessDate: '2026-11-20' });
});

test('is written nowhere unless there is a place for it', () => {
  writeTerminationLog({ exitCode: 0 }, {});
  writeTerminationLog({ exitCode: 0 }, { SETTLE_TERMINATION_LOG: join(folder, 'absent', 'log') });
  expect(existsSync(join(folder, 'absent'))).toBe(false);
});
