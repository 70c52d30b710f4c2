/** Planning: every row of the span is read by exactly one partition, and little else is. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contestedBy, cutPartitions, zonesToRead } from '../../../../src/jobs/views/zones/date-plan.ts';
import type { Zone } from '../../../../src/jobs/views/zones/zone.ts';

/** Planning does not look at them. */
const noSums = { idSum: 0, idSquareSum: 0 };

const zonesOf = fc
  .array(
    fc.record({
      width: fc.bigInt({ min: 1n, max: 9n }),
      rows: fc.nat(1000),
      minMs: fc.nat(1000),
      spread: fc.nat(200),
      stray: fc.option(fc.nat(1500), { nil: undefined }),
    }),
    { maxLength: 30 },
  )
  .map((list) => {
    let next = 1n;
    return list.map(({ width, rows, minMs, spread, stray }): Zone => {
      const fromId = next;
      next += width;
      const strays = stray === undefined ? [] : [{ id: fromId, timeMs: stray }];
      return { fromId, toId: next - 1n, rows, ...noSums, undated: 0, minMs, maxMs: minMs + spread, strays };
    });
  });

describe('zonesToRead', () => {
  it('covers every zone or stray that meets the span, and no other zone', () => {
    const span = { startMs: 400, endMs: 700 };
    fc.assert(
      fc.property(zonesOf, (zones) => {
        const read = zonesToRead(zones, span);
        const covers = (id: bigint) => read.some((zone) => zone.fromId <= id && id <= zone.toId);
        for (const zone of zones) {
          const core = zone.minMs < span.endMs && zone.maxMs >= span.startMs;
          if (core) expect(covers(zone.fromId) && covers(zone.toId)).toBe(true);
          for (const { id, timeMs } of zone.strays) {
            if (timeMs >= span.startMs && timeMs < span.endMs) expect(covers(id)).toBe(true);
            else if (!core) expect(covers(id)).toBe(false);
          }
        }
      }),
    );
  });
});

describe('cutPartitions', () => {
  it('covers all zones in order, without overlap, in as many partitions as asked for where there are zones', () => {
    fc.assert(
      fc.property(zonesOf, fc.integer({ min: 1, max: 12 }), (zones, partitionCount) => {
        const partitions = cutPartitions(zones, partitionCount, 2);
        expect(partitions.length).toBe(Math.min(partitionCount, zones.length));
        expect(partitions.reduce((sum, p) => sum + p.rowsExpected, 0)).toBe(zones.reduce((sum, z) => sum + z.rows, 0));
        if (zones.length === 0) return;
        expect(partitions[0].minId).toBe(zones[0].fromId);
        expect(partitions.at(-1)?.maxId).toBe(zones.at(-1)?.toId);
        for (let at = 1; at < partitions.length; at++) {
          expect(partitions[at].minId).toBeGreaterThan(partitions[at - 1].maxId);
        }
      }),
    );
  });

  it('evens out the rows, not the width of the ids', () => {
    const zones = Array.from({ length: 100 }, (_, at): Zone => {
      const fromId = BigInt(at) ** 3n * 1000n;
      const bounds = { fromId, toId: BigInt(at + 1) ** 3n * 1000n - 1n, minMs: at, maxMs: at + 1 };
      return { ...bounds, rows: 1000, ...noSums, undated: 0, strays: [] };
    });
    const rows = cutPartitions(zones, 8, 2).map(({ rowsExpected }) => rowsExpected);
    expect(Math.max(...rows) - Math.min(...rows)).toBeLessThanOrEqual(1000);
  });
});

describe('contestedBy', () => {
  it('is where a zone of another partition may hold a row, or did less than a window before', () => {
    fc.assert(
      fc.property(zonesOf, fc.nat(29), fc.nat(29), (zones, a, b) => {
        if (zones.length === 0) return;
        const [first, last] = [a % zones.length, b % zones.length].sort((x, y) => x - y);
        const own = { minId: zones[first].fromId, maxId: zones[last].toId };
        const { starts, ends } = contestedBy(zones, own, 100, 50);
        for (let time = 0; time < 1400; time += 7) {
          const foreign = zones.some(
            (zone, at) => (at < first || at > last) && zone.minMs <= time && time < zone.maxMs + 50,
          );
          const inside = [...starts].some((start, at) => start <= time && time < ends[at]);
          expect(inside).toBe(foreign || time < 150);
        }
      }),
    );
  });
});
