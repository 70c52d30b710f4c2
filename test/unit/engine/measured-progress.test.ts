/** Rows over time: bounded, in order, from the beginning to the newest, whatever a step tells and however long it runs. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { MeasuredProgress, POINTS_MAX, PointSeries } from '../../../src/engine/measured-progress.ts';

test('a series is bounded, ascends in time, and keeps its first and its newest point', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(20_000), fc.nat(1_000)), { minLength: 1, maxLength: 2_000 }), (steps) => {
      const series = new PointSeries();
      let [ms, rows] = [0, 0];
      const told: (readonly [number, number])[] = [];
      for (const [wait, more] of steps) {
        [ms, rows] = [ms + wait, rows + more];
        series.add(ms, rows);
        told.push([ms, rows]);
      }
      const points = series.all();
      expect(points.length).toBeLessThanOrEqual(POINTS_MAX);
      expect(points.at(-1)).toEqual(told.at(-1));
      expect(points[0][0]).toBe(told[0][0]);
      for (let at = 1; at < points.length; at++) expect(points[at][0]).toBeGreaterThan(points[at - 1][0]);
      for (const point of points) expect(told).toContainEqual(point);
    }),
    { numRuns: 50 },
  );
});

test('a step of a day has points over the whole day', () => {
  const series = new PointSeries();
  const dayMs = 86_400_000;
  for (let ms = 0; ms <= dayMs; ms += 900) series.add(ms, ms);
  const points = series.all();
  const gaps = points.slice(1).map(([ms], at) => ms - points[at][0]);
  expect(points.length).toBeGreaterThan(POINTS_MAX / 3);
  expect(Math.max(...gaps)).toBeLessThan(dayMs / 25);
});

test('a partition that is taken up again goes on from where it is, and another plan begins anew', () => {
  const measured = new MeasuredProgress(() => 0);
  measured.begin('read', 7);
  const rows = () => measured.unsaved()[0]?.points.at(-1)?.[1];
  const [step, partition, rowsExpected] = ['read', 0, 50] as const;
  measured.note({ type: 'step-started', step, rowsExpected, rowsDone: 10 });
  measured.note({ type: 'partition-started', step, partition, rowsExpected, rowsDone: 10 });
  measured.note({ type: 'advanced', step, partition, rowsDone: 30 });
  measured.note({ type: 'partition-started', step, partition, rowsExpected, rowsDone: 30 });
  measured.note({ type: 'advanced', step, partition, rowsDone: 45 });
  expect(rows()).toBe(45);
  measured.begin('read', 8);
  measured.note({ type: 'advanced', step, partition, rowsDone: 40 });
  measured.note({ type: 'step-started', step, rowsExpected, rowsDone: 0 });
  measured.note({ type: 'partition-started', step, partition, rowsExpected, rowsDone: 0 });
  measured.note({ type: 'advanced', step, partition, rowsDone: 5 });
  expect(rows()).toBe(5);
});

test('partitions add up, from where an earlier execution left them', () => {
  let now = 0;
  const measured = new MeasuredProgress(() => now);
  measured.begin('read', 7);
  measured.note({ type: 'step-started', step: 'read', rowsExpected: 100, rowsDone: 10 });
  measured.note({ type: 'partition-started', step: 'read', partition: 0, rowsExpected: 50, rowsDone: 10 });
  measured.note({ type: 'partition-started', step: 'read', partition: 1, rowsExpected: 50, rowsDone: 0 });
  now = 500;
  measured.note({ type: 'advanced', step: 'read', partition: 0, rowsDone: 30 });
  now = 1_000;
  measured.note({ type: 'advanced', step: 'read', partition: 1, rowsDone: 25 });
  expect(measured.unsaved()).toEqual([
    {
      stepExecutionId: 7,
      points: [
        [0, 10],
        [500, 30],
        [1_000, 55],
      ],
    },
  ]);
  expect(measured.unsaved()).toEqual([]);
  expect(measured.end('read', 1_001)).toBeUndefined();
  measured.note({ type: 'advanced', step: 'read', partition: 1, rowsDone: 26 });
  expect(measured.end('read', 0)).toBeUndefined();
});
