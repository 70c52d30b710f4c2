/** The rules of interest against fractions day by day, closed formulas, and published examples of the day counts. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { accrue, denominatorOf } from '../../../../src/jobs/interest/rules/accrual.ts';
import { civilOf, serialOf, serialOfText, textOfSerial } from '../../../../src/jobs/interest/rules/calendar.ts';
import { type DayCount, dayCounts, unitsAYear, unitsBetween } from '../../../../src/jobs/interest/rules/day-count.ts';
import { parseProduct, productText } from '../../../../src/jobs/interest/rules/product.ts';
import { decimalText, roundFraction } from '../../../../src/jobs/interest/rules/rounding.ts';
import { dayCountFraction, interestOf, nextDate, type OracleProduct } from '../../../oracles/deposit-interest.ts';

function units(dayCount: DayCount, from: string, to: string): number {
  return unitsBetween(dayCount, serialOfText(from), serialOfText(to));
}

describe('dates', () => {
  test('are what JavaScript makes of them, from 1600 to 2400', () => {
    for (let serial = -135_140; serial < 157_000; serial++) {
      const text = new Date(serial * 86_400_000).toISOString().slice(0, 10);
      if (textOfSerial(serial) !== text || serialOfText(text) !== serial) throw new Error(text);
    }
    expect(civilOf(serialOf({ year: 2000, month: 2, day: 29 }))).toEqual({ year: 2000, month: 2, day: 29 });
  });
});

describe('day counts', () => {
  // Dates of ISDA's spreadsheet of examples, 30-360-2006ISDADefs.xls (isda.org):
  // start, end, days by (f) 30/360, days by (g) 30E/360.
  const published: readonly [from: string, to: string, f: number, g: number][] = [
    ['2007-01-15', '2007-01-30', 15, 15],
    ['2007-01-15', '2007-02-15', 30, 30],
    ['2007-01-15', '2007-07-15', 180, 180],
    ['2007-09-30', '2008-03-31', 180, 180],
    ['2007-09-30', '2007-10-31', 30, 30],
    ['2007-09-30', '2008-09-30', 360, 360],
    ['2007-01-15', '2007-01-31', 16, 15],
    ['2007-01-31', '2007-02-28', 28, 28],
    ['2007-02-28', '2007-03-31', 33, 32],
    ['2006-08-31', '2007-02-28', 178, 178],
    ['2007-02-28', '2007-08-31', 183, 182],
    ['2007-02-14', '2007-02-28', 14, 14],
    ['2007-02-26', '2008-02-29', 363, 363],
    ['2008-02-29', '2009-02-28', 359, 359],
    ['2008-02-29', '2008-03-30', 31, 31],
    ['2008-02-29', '2008-03-31', 32, 31],
    ['2007-02-28', '2007-03-05', 7, 7],
    ['2007-10-31', '2007-11-28', 28, 28],
    ['2007-08-31', '2008-02-29', 179, 179],
    ['2008-02-29', '2008-08-31', 182, 181],
    ['2008-08-31', '2009-02-28', 178, 178],
    ['2009-02-28', '2009-08-31', 183, 182],
  ];

  test.each(published)('30/360 and 30E/360 of %s to %s', (from, to, f, g) => {
    expect(dayCountFraction('30/360', from, to)).toEqual(fraction(f, 360));
    expect(dayCountFraction('30E/360', from, to)).toEqual(fraction(g, 360));
    // Day by day both are (g): the only end on a 31st begins on a 30th.
    expect(units('30/360', from, to)).toBe(g);
    expect(units('30E/360', from, to)).toBe(g);
  });

  test('ACT/ACT of the example in "EMU and market conventions" (ISDA, 1998): 1 Nov 2003 to 1 May 2004', () => {
    expect(dayCountFraction('ACT/ACT', '2003-11-01', '2004-05-01')).toEqual(plus([61, 365], [121, 366]));
    expect(units('ACT/ACT', '2003-11-01', '2004-05-01')).toBe(61 * 366 + 121 * 365);
    // The memorandum's amounts on 10,000 at 10 %.
    expect(decimalText(BigInt(1000 * units('ACT/ACT', '2003-11-01', '2004-05-01')), 365n * 366n, 2)).toBe('497.72');
    expect(decimalText(BigInt(1000 * units('ACT/ACT', '1999-02-01', '1999-07-01')), 365n * 366n, 2)).toBe('410.95');
    expect(decimalText(BigInt(1000 * units('ACT/ACT', '1999-07-01', '2000-07-01')), 365n * 366n, 2)).toBe('1001.37');
  });

  test.each(dayCounts)('%s: units are the sum of the fractions of single days', (dayCount) => {
    for (let date = '2023-12-25'; date < '2024-03-05'; date = nextDate(date)) {
      const [n, d] = dayCountFraction(dayCount, date, nextDate(date));
      expect(units(dayCount, date, nextDate(date)) * Number(d)).toBe(unitsAYear[dayCount] * Number(n));
    }
  });

  test('months have 30 days by 30/360, years are whole', () => {
    for (let month = 1; month <= 12; month++) {
      const from = `2024-${String(month).padStart(2, '0')}-01`;
      const to = month === 12 ? '2025-01-01' : `2024-${String(month + 1).padStart(2, '0')}-01`;
      expect(units('30/360', from, to)).toBe(30);
    }
    for (const dayCount of ['ACT/ACT', '30/360', '30E/360'] as const) {
      expect(units(dayCount, '2024-01-01', '2025-01-01')).toBe(unitsAYear[dayCount]);
    }
    expect(units('ACT/365F', '2024-01-01', '2025-01-01')).toBe(366);
  });
});

describe('rounding', () => {
  test.each([
    [5n, 2n, 2n, 3n, 2n],
    [7n, 2n, 3n, 4n, 4n],
    [-5n, 2n, -2n, -3n, -2n],
    [-7n, 2n, -3n, -4n, -4n],
    [8n, 3n, 2n, 3n, 3n],
    [-1n, 3n, 0n, 0n, 0n],
  ])('%s/%s', (n, d, down, up, even) => {
    expect([roundFraction(n, d, 'down'), roundFraction(n, d, 'half-up'), roundFraction(n, d, 'half-even')]).toEqual([
      down,
      up,
      even,
    ]);
  });

  test('decimals are cut off', () => {
    expect([decimalText(2n, 3n, 10), decimalText(-1n, 2n, 10), decimalText(-1n, 3n, 0 + 1)]).toEqual([
      '0.6666666666',
      '-0.5000000000',
      '-0.3',
    ]);
  });
});

const rate = fc.constantFrom('0', '0.025', '-0.01', '0.1', '0.0375', '1.5', '0.000000000001');
const date = (from: string, days: number) => fc.nat(days).map((n) => nextDate(from, n));
const rates = fc.record(
  {
    tiers: fc.uniqueArray(fc.nat(5_000), { minLength: 0, maxLength: 3 }).chain((bounds) => {
      const froms = [0, ...bounds.filter((one) => one > 0)].sort((a, b) => a - b);
      return fc.tuple(...froms.map(() => rate)).map((each) => froms.map((from, i) => ({ from, rate: each[i] })));
    }),
    negativeRate: fc.option(rate, { nil: undefined }),
  },
  { requiredKeys: ['tiers'] },
);
const product: fc.Arbitrary<OracleProduct> = fc
  .record({
    dayCount: fc.constantFrom(...dayCounts),
    rounding: fc.constantFrom('down', 'half-up', 'half-even'),
    capitalise: fc.constantFrom('monthly', 'quarterly', 'yearly', 'at-close'),
    first: rates,
    later: fc.uniqueArray(fc.tuple(date('2023-06-02', 500), rates), { selector: ([at]) => at, maxLength: 2 }),
  })
  .map(({ first, later, ...rest }) => ({
    name: 'p',
    ...rest,
    rates: [{ from: '2023-06-01', ...first }, ...later.map(([from, one]) => ({ from, ...one }))],
  }));

describe('accrual', () => {
  test('is what fractions day by day are, from the opening or from any day that is known', () => {
    fc.assert(
      fc.property(
        product,
        date('2023-06-01', 200),
        fc.option(fc.nat(400)),
        fc.array(fc.tuple(fc.integer({ min: -30, max: 500 }), fc.bigInt(-3_000n, 9_000n)), { maxLength: 6 }),
        fc.nat(500),
        fc.nat(500),
        (json, openedOn, open, amounts, span, split) => {
          const closedOn = open === null ? null : nextDate(openedOn, open);
          const entries = amounts
            .map(([days, amount], i) => ({ id: BigInt(i), accountId: 1n, valueDate: nextDate(openedOn, days), amount }))
            .sort((a, b) => (a.valueDate < b.valueDate ? -1 : 1));
          const through = nextDate(openedOn, span);
          const oracle = interestOf({ id: 1n, product: json, openedOn, closedOn }, entries, through);
          const parsed = parseProduct(JSON.parse(JSON.stringify(json)));
          expect(parseProduct(JSON.parse(productText(parsed)))).toEqual(parsed);
          const terms = {
            openedOn: serialOfText(openedOn),
            closedOn: closedOn === null ? null : serialOfText(closedOn),
            product: parsed,
          };
          const dated = entries.map((one) => ({ valueDate: serialOfText(one.valueDate), amount: one.amount }));
          const end = serialOfText(through);
          const wanted = Array.from({ length: span + 1 }, (_, i) => terms.openedOn + i);
          const all = accrue(terms, dated, end, wanted);
          const shown = new Map(
            all.days.map((day) => [
              textOfSerial(day.date),
              {
                balance: day.balance,
                accrued: decimalText(day.accrued, all.denominator, 10),
                capitalised: day.capitalised,
              },
            ]),
          );
          expect(shown).toEqual(oracle.days);
          const capitalised = all.capitalisations.reduce((sum, { amount }) => sum + amount, 0n);
          expect(capitalised).toBe(oracle.capitalised);
          // Runs of days are as good as single ones; and so is any day to go on from.
          expect(accrue(terms, dated, end, [end]).capitalisations).toEqual(all.capitalisations);
          const known = all.days.at(split % Math.max(1, all.days.length));
          if (known === undefined) return;
          const denominator = denominatorOf(parsed);
          const rest = accrue(terms, dated, end, [end], { ...known, denominator });
          expect(rest.days).toEqual(known.date === end ? [] : all.days.filter((day) => day.date === end));
          const before = all.capitalisations.filter(({ periodEnd }) => periodEnd <= known.date);
          expect([...before, ...rest.capitalisations]).toEqual(all.capitalisations);
        },
      ),
      { numRuns: 150 },
    );
  });

  test('balance x rate x days of every day is capitalised or carried, whatever the periods: nothing else', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...dayCounts),
        fc.constantFrom('monthly', 'quarterly', 'yearly', 'at-close'),
        fc.constantFrom('down', 'half-up', 'half-even'),
        date('2023-06-01', 400),
        fc.nat(500),
        fc.tuple(fc.bigInt(0n, 9_000_000_000n), fc.bigInt(-500n, 5_000n)),
        (dayCount, capitalise, rounding, openedOn, span, [amount, perTenThousand]) => {
          const sign = perTenThousand < 0n ? '-' : '';
          const digits = String(perTenThousand < 0n ? -perTenThousand : perTenThousand).padStart(5, '0');
          const tiers = [{ from: 0, rate: `${sign}${digits.slice(0, -4)}.${digits.slice(-4)}` }];
          const product = parseProduct({
            name: 'p',
            dayCount,
            capitalise,
            rounding,
            rates: [{ from: '2023-01-01', tiers }],
          });
          const open = serialOfText(openedOn);
          const wanted = Array.from({ length: span + 1 }, (_, day) => open + day);
          const entries = [{ valueDate: open, amount }];
          const { days, capitalisations, denominator } = accrue(
            { openedOn: open, closedOn: null, product },
            entries,
            open + span,
            wanted,
          );
          // A balance below 0 earns and costs nothing.
          const earned = days.reduce((sum, { date: day, balance }) => {
            const units = BigInt(unitsBetween(dayCount, day, day + 1));
            return sum + (balance < 0n ? 0n : balance * perTenThousand * units);
          }, 0n);
          const capitalised = capitalisations.reduce((sum, one) => sum + one.amount, 0n);
          const { accrued, capitalised: last } = days[span];
          const carried = accrued - last * denominator;
          const ten = 10_000n * BigInt(unitsAYear[dayCount]);
          expect((capitalised * denominator + carried) * ten).toBe(earned * denominator);
        },
      ),
      { numRuns: 100 },
    );
  });

  test('the days of a year are the closed formula, to the won', () => {
    const make = (dayCount: string) =>
      parseProduct({
        ...{ name: 'p', dayCount, rounding: 'half-up', capitalise: 'yearly' },
        rates: [{ from: '2000-01-01', tiers: [{ from: 0, rate: '0.0315' }] }],
      });
    const year = (dayCount: string, from: string, to: string) => {
      const terms = { openedOn: serialOfText(from), closedOn: serialOfText(to), product: make(dayCount) };
      const { capitalisations } = accrue(terms, [{ valueDate: 0, amount: 7_654_321n }], serialOfText(to), []);
      return capitalisations.map(({ amount }) => amount);
    };
    // 7,654,321 x 0.0315 = 241,111.1115
    expect(year('ACT/365F', '2023-01-01', '2024-01-01')).toEqual([241_111n]);
    expect(year('ACT/ACT', '2024-01-01', '2025-01-01')).toEqual([241_111n]);
    expect(year('30/360', '2024-01-01', '2025-01-01')).toEqual([241_111n]);
    // x 366 / 365 = 241,771.69, x 365 / 360 = 244,459.88
    expect(year('ACT/365F', '2024-01-01', '2025-01-01')).toEqual([241_772n]);
    expect(year('ACT/360', '2023-01-01', '2024-01-01')).toEqual([244_460n]);
  });

  test('a product that is wrong is told by its field', () => {
    const good = {
      ...{ name: 'p', dayCount: 'ACT/360', rounding: 'down', capitalise: 'monthly' },
      rates: [{ from: '2024-01-01', tiers: [{ from: 0, rate: '0.1' }] }],
    };
    const bad: [object, RegExp][] = [
      [{ ...good, dayCount: 'ACT/364' }, /dayCount must be one of/],
      [{ ...good, rates: [] }, /rates must be a list/],
      [{ ...good, rates: [{ from: '2024-02-30', tiers: good.rates[0].tiers }] }, /2024-02-30/],
      [{ ...good, rates: [{ from: '2024-01-01', tiers: [{ from: 0, rate: 0.1 }] }] }, /rate must be a decimal text/],
      [{ ...good, rates: [{ from: '2024-01-01', tiers: [{ from: 5, rate: '0.1' }] }] }, /tiers\[0\].from must be 0/],
      [{ ...good, rates: [good.rates[0], good.rates[0]] }, /2024-01-01 twice/],
      [{ ...good, extra: 1 }, /not known: "extra"/],
      [{ ...good, name: ' p' }, /name must be/],
    ];
    for (const [value, message] of bad) expect(() => parseProduct(value)).toThrow(message);
  });
});

function fraction(n: number, d: number): [bigint, bigint] {
  const gcd = (a: number, b: number): number => (b === 0 ? a : gcd(b, a % b));
  return [BigInt(n / gcd(n, d)), BigInt(d / gcd(n, d))];
}

function plus([a, b]: [number, number], [c, d]: [number, number]): [bigint, bigint] {
  return fraction(a * d + c * b, b * d);
}
