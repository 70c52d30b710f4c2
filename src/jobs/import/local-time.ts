/**
 * Local times of a zone to instants. Where clocks are set back a local time comes twice: the first of the two is meant
 * (the offset before the change). Where they are set forward it does not exist: it is shifted by the missing hour.
 */
import { IANAZone } from 'luxon';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Offsets change at whole quarters of an hour in every zone since 1972; the check below does not rely on it. */
const QUARTER_MS = 900_000;
const QUARTERS_MAX = 100_000;

/** From a local time, given as the milliseconds that it would be in UTC, to the instant in milliseconds since 1970. */
export type ToInstant = (localMs: number) => number;

/** `zone` is a known IANA zone. Asking a zone for its offset is slow, so the answer is kept for each quarter hour. */
export function localTimeConverter(zone: string): ToInstant {
  const { offset } = bindZone(zone);
  const quarters = new Map<number, number | undefined>();
  return (localMs) => {
    const quarter = Math.floor(localMs / QUARTER_MS);
    if (!quarters.has(quarter)) {
      if (quarters.size >= QUARTERS_MAX) quarters.clear();
      const first = quarter * QUARTER_MS;
      const last = first + QUARTER_MS - 1;
      const shift = first - toInstant(offset, first);
      // A quarter in which the offset changes is answered one time by one.
      quarters.set(quarter, shift === last - toInstant(offset, last) ? shift : undefined);
    }
    const shift = quarters.get(quarter);
    return shift === undefined ? toInstant(offset, localMs) : localMs - shift;
  };
}

function bindZone(name: string): { offset: (instantMs: number) => number } {
  const zone = IANAZone.create(name);
  return { offset: (instantMs) => zone.offset(instantMs) * MINUTE_MS };
}

function toInstant(offset: (instantMs: number) => number, localMs: number): number {
  // No zone is a day away from UTC: these two are the offsets before and after a change near this time.
  const before = offset(localMs - DAY_MS);
  const after = offset(localMs + DAY_MS);
  const early = localMs - before;
  if (before === after || offset(early) === before) return early;
  const late = localMs - after;
  return offset(late) === after ? late : early;
}
