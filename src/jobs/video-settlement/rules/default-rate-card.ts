/** The rate card that is shipped (domain.md section 4). Data: what it says is checked like any other card. */
import { parseRateCard, type RateCard } from './rate-card.ts';

/** What is in force where no card was imported: on any date that a view log can hold. */
export const defaultRateCard: RateCard = parseRateCard({
  name: 'standard',
  effectiveFrom: '1970-01-01',
  view: [
    { from: 0, price: '1' },
    { from: 100_000, price: '1.1' },
    { from: 500_000, price: '1.3' },
    { from: 1_000_000, price: '1.5' },
  ],
  adView: [
    { from: 0, price: '10' },
    { from: 100_000, price: '12' },
    { from: 500_000, price: '15' },
    { from: 1_000_000, price: '20' },
  ],
});
