/** Rate cards from JSON: what is taken, what is refused and in which words, and that equal cards have equal texts. */
import { describe, expect, it } from 'vitest';
import { defaultRateCard } from '../../../../src/jobs/video-settlement/rules/default-rate-card.ts';
import { cardInForce, parseRateCard, rateCardText } from '../../../../src/jobs/video-settlement/rules/rate-card.ts';
import { priceScale } from '../../../../src/jobs/video-settlement/rules/tiered-amount.ts';

const good = {
  name: 'autumn',
  effectiveFrom: '2026-09-01',
  view: [
    { from: 0, price: '1' },
    { from: 100_000, price: '1.10' },
  ],
  adView: [{ from: 0, price: '0.000000001' }],
};

const refused: readonly (readonly [what: string, card: unknown, message: string])[] = [
  ['a list', [good], 'the rate card must be an object'],
  ['no name', { ...good, name: '' }, 'name must be a text'],
  ['an escape in the name', { ...good, name: 'a\u001b[2J' }, 'name must be a text'],
  ['no such date', { ...good, effectiveFrom: '2026-02-30' }, "'2026-02-30' is not a date"],
  ['no ad views', { ...good, adView: undefined }, 'adView must be a list'],
  ['no tiers', { ...good, view: [] }, 'view must be a list'],
  ['a field too many', { ...good, fee: 1 }, 'not known: "fee"'],
  ['a first tier above 0', { ...good, view: [{ from: 1, price: '1' }] }, 'view[0].from must be 0'],
  ['tiers twice', { ...good, view: [good.view[0], good.view[0]] }, 'view[1].from must be above'],
  ['tiers that descend', { ...good, view: [...good.view, { from: 5, price: '1' }] }, 'view[2].from must be above'],
  ['half a unit', { ...good, adView: [{ from: 0.5, price: '1' }] }, 'adView[0].from must be a whole number'],
  ['a binary fraction', { ...good, view: [{ from: 0, price: 1.1 }] }, 'view[0].price must be a decimal text'],
  ['a negative price', { ...good, view: [{ from: 0, price: '-1' }] }, 'view[0].price must be a decimal text'],
  ['ten decimals', { ...good, view: [{ from: 0, price: '0.0000000001' }] }, 'view[0].price must be a decimal text'],
  ['a tier without a price', { ...good, view: [{ from: 0 }] }, 'view[0] has no price'],
];

describe('the card in force', () => {
  const stored = ([cardNo, effectiveFrom]: readonly [number, string]) => ({
    cardNo,
    card: parseRateCard({ ...good, effectiveFrom }),
  });
  const cards = (
    [
      [0, '1970-01-01'],
      [1, '2026-09-01'],
      [2, '2026-11-01'],
      [3, '2026-09-01'],
    ] as const
  ).map(stored);
  it.each([
    ['1969-12-31', undefined],
    ['1970-01-01', 0],
    ['2026-08-31', 0],
    ['2026-09-01', 3],
    ['2026-10-31', 3],
    ['2026-11-01', 2],
  ])('on %s is number %s', (date, cardNo) => {
    expect(cardInForce(cards, date)?.cardNo).toBe(cardNo);
    expect(cardInForce(cards.toReversed(), date)?.cardNo).toBe(cardNo);
  });
});

describe('a rate card', () => {
  it('is read exactly', () => {
    const card = parseRateCard(good);
    expect(card.view[1]).toEqual({ from: 100_000n, price: (11n * priceScale) / 10n });
    expect(card.adView[0].price).toBe(1n);
  });
  it.each(refused)('is refused with %s', (_what, card, message) => {
    expect(() => parseRateCard(card)).toThrow(message);
  });
  it('has one text, however it was written', () => {
    const text = rateCardText(parseRateCard(good));
    expect(text).toContain('{"from":100000,"price":"1.1"}');
    expect(rateCardText(parseRateCard(JSON.parse(text)))).toBe(text);
    expect(rateCardText(parseRateCard({ ...good, view: [good.view[0], { from: 100_000, price: '1.1' }] }))).toBe(text);
  });
  it('is shipped with the prices of the domain', () => {
    expect(rateCardText(defaultRateCard)).toBe(
      '{"name":"standard","effectiveFrom":"1970-01-01",' +
        '"view":[{"from":0,"price":"1"},{"from":100000,"price":"1.1"},{"from":500000,"price":"1.3"},{"from":1000000,"price":"1.5"}],' +
        '"adView":[{"from":0,"price":"10"},{"from":100000,"price":"12"},{"from":500000,"price":"15"},{"from":1000000,"price":"20"}]}',
    );
  });
});
