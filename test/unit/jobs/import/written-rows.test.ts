/** Rows of an import by business date: as `businessDateOf` has them, whatever the zone; a chunk that is tried again counts once. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ExecutionContext } from '../../../../src/engine/execution-context.ts';
import { dateCounter, openWrittenRows, saveWrittenRows, withChunk } from '../../../../src/jobs/import/written-rows.ts';
import { businessDateOf } from '../../../../src/rules/business-time.ts';

const MINUTE_MS = 60_000;
// Clocks change at midnight in Havana, Apia left a date out, and an offset may be of any minute.
const zones = ['Asia/Seoul', 'UTC', 'Asia/Kathmandu', 'America/Havana', '+05:37', 'Pacific/Apia'];

describe('rows by date', () => {
  test('are those of businessDateOf', () => {
    const year = fc.constantFrom(1971, 2011, 2026);
    const instants = fc.array(
      fc.tuple(year, fc.integer({ min: 0, max: 366 * 1440 }), fc.constantFrom(-1, 0, 1, 29_999, 30_000)),
      { minLength: 1, maxLength: 60 },
    );
    fc.assert(
      fc.property(fc.constantFrom(...zones), instants, (zone, parts) => {
        const times = parts.map(([y, minute, ms]) => Date.UTC(y, 0, 1) + minute * MINUTE_MS + ms);
        const expected: Record<string, number> = {};
        for (const time of times) {
          const date = businessDateOf(time, zone);
          expected[date] = (expected[date] ?? 0) + 1;
        }
        expect(Object.fromEntries(dateCounter(zone)(times))).toEqual(expected);
      }),
    );
  });

  test('at both sides of a midnight that is within a quarter of an hour', () => {
    const end = Date.UTC(1971, 5, 2) - (5 * 60 + 37) * MINUTE_MS;
    const counted = dateCounter('+05:37')([end - 1, end, null]);
    expect(counted).toEqual(
      new Map<string | null, number>([
        ['1971-06-01', 1],
        ['1971-06-02', 1],
        [null, 1],
      ]),
    );
  });

  test('are saved and opened again, in the zone they were counted in', () => {
    const state = ExecutionContext.create();
    const nothing = openWrittenRows(state, 'Asia/Seoul');
    const chunk = new Map([
      ['2026-11-20', 2],
      [null, 1],
    ]);
    const once = withChunk(nothing, { first: 5n, last: 7n }, chunk);
    expect(withChunk(nothing, { first: 5n, last: 7n }, chunk)).toEqual(once);
    saveWrittenRows(state, once);
    const again = withChunk(openWrittenRows(state, 'UTC'), { first: 3n, last: 4n }, new Map([['2026-11-20', 2]]));
    expect(again).toEqual({
      ...{ zone: 'Asia/Seoul', firstId: 3n, lastId: 7n, furtherRows: 0, undatedRows: 1 },
      dates: new Map([['2026-11-20', 4]]),
    });
  });

  test('of more than 400 dates are counted together', () => {
    const many = new Map(Array.from({ length: 450 }, (_, index) => [`d${index}`, 2] as const));
    const { dates, furtherRows } = withChunk(openWrittenRows(ExecutionContext.create(), 'UTC'), undefined, many);
    expect({ dates: dates.size, furtherRows }).toEqual({ dates: 400, furtherRows: 100 });
  });
});
