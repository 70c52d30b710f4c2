/** Claims on partitions: their rules, and what becomes of them in thousands of simulated runs. */
import { describe, expect, test } from 'vitest';
import {
  choicesOf,
  commitRightOf,
  givenUp,
  isHeldBy,
  revoked,
  stepEndOf,
  taken,
  takingOf,
} from '../../../src/engine/partition-rules.ts';
import { isLeaseAhead, isLeaseOver } from '../../../src/repository/lease-times.ts';
import type { PartitionState } from '../../../src/repository/types.ts';
import { type PlantedFault, simulateClaims } from '../../support/claim-simulation.ts';
import { isThorough } from '../../support/thorough.ts';

const fresh: PartitionState = {
  status: 'STARTING',
  epoch: 4,
  attempts: 1,
  ownerId: undefined,
  stepExecutionId: undefined,
};
const claimed = taken(fresh, 'w1', 70);
const held = { epoch: 5, ownerId: 'w1', stepExecutionId: 70, token: 3, planId: 9, definition: 'd' };
const offer = { token: 8, planId: 9, definition: 'd' };

describe('a claim', () => {
  test('raises the epoch and counts an attempt', () => {
    expect(claimed).toEqual({ status: 'STARTED', epoch: 5, attempts: 2, ownerId: 'w1', stepExecutionId: 70 });
  });

  test.each([
    ['a free one', fresh, false, 'take'],
    ['one that failed twice', { ...fresh, status: 'FAILED', attempts: 2 }, false, 'take'],
    ['one that failed three times', { ...fresh, status: 'FAILED', attempts: 3 }, false, 'set-aside'],
    ['one whose owner lives', claimed, true, 'held'],
    ['one whose owner is dead', claimed, false, 'take'],
    ['one whose third owner is dead', { ...claimed, attempts: 3 }, false, 'set-aside'],
    ['one whose third owner lives', { ...claimed, attempts: 3 }, true, 'held'],
    ['a complete one', { ...claimed, status: 'COMPLETED' }, true, 'over'],
    ['one whose plan is dropped', { ...claimed, status: 'ABANDONED' }, false, 'over'],
  ] as [string, PartitionState, boolean, string][])('of %s', (_what, state, isAlive, expected) => {
    expect(takingOf(state, isAlive, 3)).toBe(expected);
  });
});

test('what one dead worker has left comes first, what two have left waits for its turn', () => {
  const numbers = (states: readonly PartitionState[]) => choicesOf(states).map((state) => states.indexOf(state));
  const waiting = Array.from({ length: 12 }, () => ({ ...fresh, attempts: 0 }));
  const [lost, lostTwice, another] = [1, 2, 1].map((attempts): PartitionState => ({ ...claimed, attempts }));
  expect(numbers(waiting)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  expect(numbers([...waiting, lost, lostTwice, another])).toEqual([12, 14]);
  expect(numbers([lostTwice, ...waiting])).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
});

describe('a chunk', () => {
  test('commits under its claim and fence only', () => {
    expect(commitRightOf(claimed, held, 3, undefined)).toBe('commit');
    expect(commitRightOf(undefined, held, 3, undefined)).toBe('lost');
    for (const change of [{ epoch: 6 }, { ownerId: 'w2' }, { stepExecutionId: 71 }, { status: 'FAILED' as const }]) {
      expect(commitRightOf({ ...claimed, ...change }, held, 3, offer)).toBe('lost');
    }
    expect(commitRightOf(revoked(claimed, 'STOPPED'), held, 3, offer)).toBe('lost');
    expect(isHeldBy(claimed, held)).toBe(true);
  });

  test('goes on under a new run when that has put up the same plan again, and waits until it has', () => {
    expect(commitRightOf(claimed, held, 8, offer)).toBe('commit');
    expect(commitRightOf(claimed, held, 8, { ...offer, token: 3 })).toBe('wait');
    expect(commitRightOf(claimed, held, 8, undefined)).toBe('lost');
    expect(commitRightOf(claimed, held, 8, { ...offer, planId: 10 })).toBe('lost');
    expect(commitRightOf(claimed, held, 8, { ...offer, definition: 'e' })).toBe('lost');
  });
});

test('a stop is no attempt, a failure is one; the end is known by the rows', () => {
  expect(givenUp(claimed, 'stopped')).toMatchObject({ status: 'STOPPED', attempts: 1, epoch: 5 });
  expect(givenUp(claimed, 'failed')).toMatchObject({ status: 'FAILED', attempts: 2, epoch: 5 });
  const complete: PartitionState = { ...claimed, status: 'COMPLETED' };
  const setAside: PartitionState = { ...claimed, status: 'FAILED', attempts: 3 };
  expect(stepEndOf([complete, complete], 3)).toBe('complete');
  expect(stepEndOf([complete, claimed], 3)).toBe('open');
  expect(stepEndOf([complete, { ...setAside, attempts: 2 }], 3)).toBe('open');
  expect(stepEndOf([complete, setAside], 3)).toBe('failed');
});

test('a lease goes by one clock, which may be set back', () => {
  const lease = { beginMs: 10_000, endMs: 40_000, leaseMs: 30_000 };
  expect(isLeaseOver(lease, 39_999)).toBe(false);
  expect(isLeaseOver(lease, 40_000)).toBe(true);
  expect(isLeaseAhead(lease, 8_000)).toBe(false);
  expect(isLeaseOver(lease, 7_999)).toBe(true);
});

describe('simulated runs', () => {
  const seeds = isThorough ? 50_000 : 5_000;

  test(`of ${seeds} seeds commit each chunk once, in rising epochs, and come to an end`, () => {
    const events: Record<string, number> = {};
    for (let seed = 1; seed <= seeds; seed++) {
      const result = simulateClaims(seed);
      expect(result.violations, `seed ${seed}`).toEqual([]);
      for (const [event, count] of Object.entries(result.events)) events[event] = (events[event] ?? 0) + count;
    }
    for (const event of ['taken over', 'could not commit', 'waited for a new run', 'revoked', 'killed', 'given up']) {
      expect(events[event], event).toBeGreaterThan(seeds / 20);
    }
  });

  test.each<[PlantedFault, RegExp]>([
    ['no-epoch-check', /committed twice/],
    ['lease-on-workers-clock', /from a live owner/],
    ['completion-by-message', /never came to an end|ended with the chunks/],
  ])('find %s', (fault, violation) => {
    const found = Array.from({ length: 200 }, (_, seed) => simulateClaims(seed + 1, fault).violations).flat();
    expect(found.some((text) => violation.test(text))).toBe(true);
  });
});
