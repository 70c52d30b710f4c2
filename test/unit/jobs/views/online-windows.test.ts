/** The online rule, beside a plain pass, whatever the batches; and what Redis is left with. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type ArrivedView,
  decideOnline,
  firstOfPairs,
  type OnlineWindow,
  parseWindow,
  windowText,
} from '../../../../src/jobs/views/rules/online-windows.ts';

const WINDOW_MS = 30_000;

/** Redis as the check uses it: SET NX GET for the first view of each pair, then SET of what changed. Keys do not end. */
function post(redis: Map<string, OnlineWindow>, views: readonly ArrivedView[]): readonly boolean[] {
  const first = firstOfPairs(views);
  const held = new Map(first.map(({ pair }) => [pair, redis.get(pair)]));
  for (const { pair, viewedAt, mark } of first) if (!redis.has(pair)) redis.set(pair, { viewedAt, mark });
  const { isCounted, changed } = decideOnline(views, held, WINDOW_MS);
  for (const [pair, window] of changed) redis.set(pair, window);
  return isCounted;
}

const view = (pair: string, viewedAt: number, mark = 'm'): ArrivedView => ({ pair, viewedAt, mark });

describe('the online rule', () => {
  test('takes views in order as the night does, in batches of any size', () => {
    const steps = fc.array(fc.tuple(fc.constantFrom('a', 'b', 'c'), fc.integer({ min: 0, max: 40_000 })));
    fc.assert(
      fc.property(steps, fc.array(fc.integer({ min: 1, max: 5 })), (pairs, sizes) => {
        let time = 1_000_000;
        const log = pairs.map(([pair, later]) => {
          time += later;
          return view(pair, time);
        });
        const last = new Map<string, number>();
        const expected = log.map(({ pair, viewedAt }) => {
          const before = last.get(pair);
          if (before !== undefined && viewedAt - before < WINDOW_MS) return false;
          last.set(pair, viewedAt);
          return true;
        });
        const redis = new Map<string, OnlineWindow>();
        const found: boolean[] = [];
        for (let at = 0, batch = 0; at < log.length; batch++) {
          const size = sizes[batch] ?? 3;
          const some = log.slice(at, at + size).map((one) => ({ ...one, mark: `batch ${batch}` }));
          found.push(...post(redis, some));
          at += size;
        }
        expect(found).toEqual(expected);
        expect(new Map([...redis].map(([pair, { viewedAt }]) => [pair, viewedAt]))).toEqual(last);
      }),
    );
  });

  test('29.999 s is a repeat, 30 s is not, in both directions; a view of long ago leaves the window', () => {
    const redis = new Map<string, OnlineWindow>();
    expect(post(redis, [view('a', 100_000), view('a', 129_999), view('a', 70_001)])).toEqual([true, false, false]);
    expect(post(redis, [view('a', 70_000, 'n')])).toEqual([true]);
    expect(redis.get('a')).toEqual({ viewedAt: 100_000, mark: 'm' });
    expect(post(redis, [view('a', 130_000, 'o')])).toEqual([true]);
    expect(redis.get('a')).toEqual({ viewedAt: 130_000, mark: 'o' });
  });

  test('what an attempt at the same batch left makes no repeat; what another left does', () => {
    const redis = new Map<string, OnlineWindow>();
    const batch = [view('a', 100_000), view('a', 140_000), view('a', 150_000)];
    expect(post(redis, batch)).toEqual([true, true, false]);
    expect(post(redis, batch)).toEqual([true, true, false]);
    expect(post(redis, [view('a', 140_000, 'other')])).toEqual([false]);
  });

  test('a window is read as it is written, and nothing else is', () => {
    expect(parseWindow(windowText({ viewedAt: 1_795_000_000_000, mark: 'x-Y_z:0' }))).toEqual({
      viewedAt: 1_795_000_000_000,
      mark: 'x-Y_z:0',
    });
    for (const text of ['', '1', 'x:y', ':y', '1:']) expect(parseWindow(text), text).toBeUndefined();
  });
});
