/** Laws of a product's book: nights make no difference, nor does catching up; no unit is lost or made. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { compareCounter } from '../../../../src/jobs/stock/rules/counter.ts';
import type { Movement } from '../../../../src/jobs/stock/rules/movement.ts';
import { Oversold, type Reservation, StockBook, type StockDay } from '../../../../src/jobs/stock/rules/stock-book.ts';
import { stockAt } from '../../../oracles/stock.ts';

const DAY = 100;
const TIMEOUT = 30;
const DAYS = 4;
const END = DAYS * DAY;
const dateOf = (ms: number) => `2026-11-0${1 + Math.floor(ms / DAY)}`;

const movements = fc
  .array(
    fc.record({
      kind: fc.constantFrom('receive', 'receive', 'adjust', 'reserve', 'reserve', 'confirm', 'release'),
      quantity: fc.integer({ min: 1, max: 9 }),
      reservation: fc.integer({ min: 1, max: 6 }),
      atMs: fc.integer({ min: 0, max: END - 1 }),
    }),
    { maxLength: 30 },
  )
  .map((all) =>
    all.map(
      ({ kind, quantity, reservation, atMs }, i): Movement => ({
        id: BigInt(i + 1),
        kind,
        quantity: BigInt(kind === 'receive' ? quantity * 5 : kind === 'adjust' ? quantity - 3 : quantity),
        reservationId: kind === 'receive' || kind === 'adjust' ? null : `r${reservation}`,
        atMs,
        digest: i * 7,
      }),
    ),
  );

interface Night {
  readonly onHand: bigint;
  readonly reserved: bigint;
  readonly days: readonly StockDay[];
  readonly setAside: readonly string[];
}

/** Settles up to each of the ends, one book after the other, each from what the one before left. */
function settle(opening: bigint, all: readonly Movement[], ends: readonly number[]): Night | 'oversold' {
  const sorted = all.toSorted((a, b) => a.atMs - b.atMs || Number(a.id - b.id));
  let start = { opening, onHand: opening, reserved: 0n, movements: 0n, digest: 0n };
  const reservations = new Map<string, Reservation>();
  const days: StockDay[] = [];
  const setAside: string[] = [];
  let from = 0;
  for (const end of ends) {
    const open = [...reservations.values()].filter(({ outcome }) => outcome === 'open');
    const book = new StockBook({ ...start, open: open.toReversed() }, TIMEOUT, dateOf);
    const ended = new Map([...reservations].filter(([, { outcome }]) => outcome !== 'open'));
    try {
      for (const one of sorted) if (one.atMs >= from && one.atMs < end) book.take(one, (id) => ended.get(id)?.outcome);
    } catch (error) {
      if (error instanceof Oversold) return 'oversold';
      throw error;
    }
    book.close(end);
    for (const one of book.reservations) reservations.set(one.id, one);
    days.push(...book.days);
    setAside.push(...book.setAside.map(({ movementId, reason }) => `${movementId} ${reason}`));
    start = { ...start, ...days.at(-1) };
    from = end;
  }
  return { onHand: start.onHand, reserved: start.reserved, days, setAside };
}

const openings = fc.bigInt({ min: 0n, max: 40n });
const nights = [DAY, 2 * DAY, 3 * DAY, END];

test('night by night, or all at once, is what plain loops have', () => {
  let sound = 0;
  fc.assert(
    fc.property(openings, movements, fc.subarray([0, 1, 2]), (opening, all, settled) => {
      const once = settle(opening, all, [END]);
      expect(settle(opening, all, [...settled.map((night) => nights[night]), END])).toEqual(once);
      const given = all.map((one) => ({ ...one, productId: 1n, happenedAt: one.atMs }));
      const expected = stockAt(new Map([[1n, opening]]), given, END, TIMEOUT);
      expect(expected.oversold).toEqual(once === 'oversold' ? [1n] : []);
      if (once === 'oversold') return;
      sound++;
      expect(expected.lines).toEqual([`1,${once.onHand},${once.reserved}`]);
      expect(once.setAside.toSorted((a, b) => Number.parseInt(a, 10) - Number.parseInt(b, 10))).toEqual(
        expected.setAside,
      );
    }),
    { numRuns: 500 },
  );
  expect(sound).toBeGreaterThan(50);
});

test('each row follows from the one before it, and never falls below 0', () => {
  fc.assert(
    fc.property(openings, movements, (opening, all) => {
      const result = settle(opening, all, nights);
      if (result === 'oversold') return;
      let [onHand, reserved] = [opening, 0n];
      for (const day of result.days) {
        onHand += day.receivedUnits + day.adjustedUnits - day.confirmedUnits;
        reserved += day.reservedUnits - day.confirmedUnits - day.releasedUnits - day.timedOutUnits;
        expect([day.onHand, day.reserved]).toEqual([onHand, reserved]);
        expect(reserved >= 0n && onHand >= reserved).toBe(true);
      }
    }),
  );
});

test('a counter differs, is not there, or cannot be read', () => {
  expect(
    ['7', '8', '-7', '7.0', ' 7', '07', '9223372036854775808', null].map((text) => compareCounter(text, 7n)),
  ).toEqual([undefined, 'differs', 'differs', 'unreadable', 'unreadable', 'unreadable', 'differs', 'missing']);
});
