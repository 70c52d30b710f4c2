/** RepeatWindow beside the repeat rule applied to all views in order of time. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Observation, RepeatWindow } from '../../../../src/jobs/views/rules/repeat-window.ts';
import { restoreWindow, saveWindow } from '../../../../src/jobs/views/rules/saved-window.ts';

const windowMs = 30;
const videoIds = { idLo: (video: number) => 7 * video, idHi: (video: number) => -video };
const numberOf = (lo: number) => lo / 7;

interface View {
  readonly viewer: number;
  readonly video: number;
  readonly time: number;
}

/** What the rule says of each view; views that are less than a window after a counted one of their pair do not count. */
function naive(views: readonly View[]): boolean[] {
  const counts = views.map(() => false);
  const lastCounted = new Map<string, number>();
  const order = views.map((_, at) => at).sort((a, b) => views[a].time - views[b].time || a - b);
  for (const at of order) {
    const { viewer, video, time } = views[at];
    const last = lastCounted.get(`${viewer}:${video}`);
    if (last !== undefined && time - last < windowMs) continue;
    lastCounted.set(`${viewer}:${video}`, time);
    counts[at] = true;
  }
  return counts;
}

/** Feeds views batch by batch; the id of a view is its position. Returns which count, as the window decides. */
function decide(views: readonly View[], batchSize: number, restart: boolean, capacity: number): boolean[] {
  let window = new RepeatWindow(windowMs, capacity);
  const counts = views.map(() => false);
  for (let from = 0; from < views.length; from += batchSize) {
    const batch = views.slice(from, from + batchSize);
    const rows = {
      idWords: Int32Array.from(batch.flatMap((_, i) => [from + i, 0])),
      viewerWords: Int32Array.from(batch.flatMap(({ viewer }) => [viewer, -viewer])),
      viewedAt: Float64Array.from(batch, ({ time }) => time + 1000),
      playSeconds: Float64Array.from(batch, (_, i) => from + i),
      adViews: Float64Array.from(batch, (_, i) => 2 ** 40 + from + i),
    };
    const videos = Int32Array.from(batch, ({ video }) => video);
    const positions = Int32Array.from(batch, (_, i) => i);
    window.add(rows, positions, videos, batch.length, 1000);
    const watermark = Math.min(...views.slice(from + batchSize).map(({ time }) => time), 2 ** 29);
    const { alone, inCompany } = window.due(watermark);
    const take = (at: number) => {
      const id = window.idWords[2 * at];
      expect(window.playSeconds[at]).toBe(id);
      expect(window.adViews[at]).toBe(2 ** 40 + id);
      counts[id] = true;
    };
    for (const at of alone) if (window.observeAlone(at, false) === Observation.counted) take(at);
    for (const at of inCompany) if (window.observe(at, false) === Observation.counted) take(at);
    window.forget(watermark);
    if (!restart) continue;
    const saved = saveWindow(window, videoIds, watermark);
    window = new RepeatWindow(windowMs, 1);
    expect(restoreWindow(window, saved, numberOf)).toBe(watermark);
  }
  expect(window.waiting).toBe(0);
  return counts;
}

describe('RepeatWindow', () => {
  const view = fc.record({
    viewer: fc.oneof(fc.nat(2), fc.nat(400)),
    video: fc.oneof(fc.nat(2), fc.nat(400)),
    time: fc.nat(400),
    /** How late it arrives. */
    delay: fc.oneof(fc.constant(0), fc.nat(60)),
  });

  it('decides as the rule does in order of time, in any order of arrival, growth and restarts', () => {
    fc.assert(
      fc.property(
        fc.array(view, { maxLength: 150, size: 'max' }),
        fc.integer({ min: 1, max: 50 }),
        fc.boolean(),
        fc.constantFrom(1, 2, 1024),
        (some, batchSize, restart, capacity) => {
          const views = some.toSorted((a, b) => a.time + a.delay - b.time - b.delay);
          expect(decide(views, batchSize, restart, capacity)).toEqual(naive(views));
        },
      ),
      { numRuns: 800 },
    );
  });

  it('decides one pair with thousands of views', () => {
    const views = Array.from({ length: 60_000 }, (_, at) => ({ viewer: 1, video: 1, time: (at * 7919) % 3000 }));
    expect(decide(views, 20_000, true, 1024)).toEqual(naive(views));
  });
});
