/** Who may take a run that was left to workers. */
import { expect, test } from 'vitest';
import { type RequestedExecution, requestTakingOf } from '../../../src/engine/request-rules.ts';

const detached = { state: 'OPEN', takes: 1, isDetached: true } as const;
const attached = { ...detached, isDetached: false };
const alive: RequestedExecution = { status: 'STARTED', isOwnerDead: false, isLeaseOver: false };
const gone = { ...alive, isOwnerDead: true };
const silent = { ...gone, isLeaseOver: true };

test.each([
  ['nobody has begun it', { ...detached, takes: 0 }, false, undefined, 'take'],
  ['a worker is about to begin it', detached, true, undefined, 'held'],
  ['its worker died before it began', detached, false, undefined, 'take'],
  ['it runs', detached, true, alive, 'held'],
  ['somebody runs it by hand', { ...detached, takes: 0 }, false, alive, 'held'],
  ['its process is gone', detached, false, gone, 'take'],
  ['its process is gone, and may be started again by whoever started it', attached, false, gone, 'held'],
  ['nobody has started it again', attached, false, silent, 'take'],
  ['its process was gone while it stopped', detached, false, { ...silent, status: 'STOPPING' }, 'stopped'],
  ['it stops', detached, true, { ...alive, status: 'STOPPING' }, 'held'],
  ['it was handed over', { ...detached, takes: 0 }, false, { ...silent, status: 'STOPPED' }, 'take'],
  ['it was freed by hand', attached, false, { ...silent, status: 'FAILED' }, 'take'],
  ['three have died of it', { ...detached, takes: 3 }, false, silent, 'set-aside'],
  ['the third is at work', { ...detached, takes: 3 }, true, alive, 'held'],
  ['it has ended', { ...detached, state: 'ENDED' }, false, silent, 'over'],
] as const)('%s', (_what, request, isOwnerAlive, execution, taking) => {
  expect(requestTakingOf(request, isOwnerAlive, execution, 3)).toBe(taking);
});
