/**
 * When views arrive: a share of all rows to an instant, along a plausible day (quiet at 4, busiest at 21 o'clock) over
 * whole business dates, whatever their length in hours.
 */
import { addDays, businessDay } from '../src/rules/business-time.ts';

/** Views an hour of the day, in proportion. */
const HOURLY_WEIGHTS = [30, 18, 11, 7, 6, 9, 18, 32, 45, 48, 47, 50, 62, 58, 50, 49, 53, 61, 70, 80, 92, 98, 84, 56];
const LOOKUP_SIZE = 1024;

export interface ArrivalCurve {
  readonly startMs: number;
  readonly endMs: number;
  /** Rising from startMs to endMs as `share` goes from 0 to 1 (exclusive); milliseconds UTC, with a fraction. */
  at(share: number): number;
}

/** `days` business dates from `date` on, in `zone`. */
export function createArrivalCurve(date: string, days: number, zone: string): ArrivalCurve {
  const starts = new Float64Array(days + 1);
  for (let day = 0; day <= days; day++) starts[day] = businessDay(addDays(date, day), zone).startMs;

  const hours = HOURLY_WEIGHTS.length;
  const reached = new Float64Array(hours + 1);
  for (let hour = 0; hour < hours; hour++) reached[hour + 1] = reached[hour] + HOURLY_WEIGHTS[hour];
  const total = reached[hours];
  // The hour in which each 1024th of the day's views begins: the search for the hour starts there.
  const hourOf = new Uint8Array(LOOKUP_SIZE);
  for (let i = 0, hour = 0; i < LOOKUP_SIZE; i++) {
    while (reached[hour + 1] <= (i * total) / LOOKUP_SIZE) hour++;
    hourOf[i] = hour;
  }

  return {
    startMs: starts[0],
    endMs: starts[days],
    at(share) {
      const position = share * days;
      const day = Math.floor(position);
      const shareOfDay = position - day;
      const views = shareOfDay * total;
      let hour = hourOf[Math.floor(shareOfDay * LOOKUP_SIZE)];
      while (reached[hour + 1] <= views) hour++;
      const hoursIntoDay = hour + (views - reached[hour]) / HOURLY_WEIGHTS[hour];
      return starts[day] + (hoursIntoDay / hours) * (starts[day + 1] - starts[day]);
    },
  };
}
