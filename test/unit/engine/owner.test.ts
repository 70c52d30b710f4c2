/** Telling a dead owner from a live one, with real processes. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { createOwner, reasonOfDeath } from '../../../src/engine/owner.ts';
import type { Lease } from '../../../src/repository/types.ts';

const own: Lease = {
  ...createOwner(1),
  heartbeatAt: new Date('2024-01-01T00:00:00Z'),
  isExpired: false,
  isAhead: false,
  heartbeatAgoMs: 0,
  leaseLeftMs: 30_000,
};

test('no lease, and one that has expired', () => {
  expect(reasonOfDeath(undefined)).toBe('its owner left no lease');
  expect(reasonOfDeath({ ...own, isExpired: true })).toContain('has not been heard of since 2024-01-01T00:00:00.000Z');
  expect(reasonOfDeath({ ...own, isExpired: true, isAhead: true })).toContain("the database's clock was set back");
});

test('this process is alive', () => {
  expect(reasonOfDeath(own)).toBeUndefined();
});

test('a process that is gone, and another one that was given its pid', async () => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
  await once(child, 'spawn');
  const pid = child.pid!;
  expect(reasonOfDeath({ ...own, pid, processStart: '' })).toBeUndefined();
  child.kill('SIGKILL');
  await once(child, 'exit');
  expect(reasonOfDeath({ ...own, pid })).toContain(`process ${pid} on ${own.host}, has ended`);
  if (own.processStart !== '') expect(reasonOfDeath({ ...own, processStart: '1' })).toContain('has ended');
});

test('of another host, boot or container only the lease tells', () => {
  const gone = { ...own, pid: 2 ** 22 + 1 };
  if (own.bootId !== '') expect(reasonOfDeath(gone)).toContain('has ended');
  expect(reasonOfDeath({ ...gone, host: 'elsewhere' })).toBeUndefined();
  expect(reasonOfDeath({ ...gone, bootId: 'earlier' })).toBeUndefined();
});
