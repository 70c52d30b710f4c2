/**
 * Local times of a zone to instants. Where clocks are set back a local time comes twice: the first of the two is meant
 * (the offset before the change). Where they are set forward it does not exist: it is shifted by the missing hour.
 */
import { IANAZone } from 'luxon';

const MINUTE_MS = 60_000;
const DAY_MS = 86_400_000;
/** Offsets change at whole quarters of an hour in every zone since 1972; the check below does not rely on it. */
const QUARTER_MS = 900_000;
const ANSWERS_MAX = 100_000;
/** In place of an offset: it is not the same all the time. */
const CHANGES = Number.NaN;

/** From a local time, given as the milliseconds that it would be in UTC, to the instant in milliseconds since 1970. */
export type ToInstant = (localMs: number) => number;

/**
 * `zone` is a known IANA zone. Asking a zone for its offset is slow, so the answer is kept for each day, and around a
 * change of the offset for each quarter hour.
 */
export function localTimeConverter(zone: string): ToInstant {
  const { offset } = bindZone(zone);
  const ofDay = remember((day) => {
    const before = offset((day - 1) * DAY_MS);
    return before === offset((day + 2) * DAY_MS) ? before : CHANGES;
  });
  const ofQuarter = remember((quarter) => {
    const first = quarter * QUARTER_MS;
    const last = first + QUARTER_MS - 1;
    const shift = first - toInstant(offset, first);
    return shift === last - toInstant(offset, last) ? shift : CHANGES;
  });
  return (localMs) => {
    let shift = ofDay(Math.floor(localMs / DAY_MS));
    if (Number.isNaN(shift)) shift = ofQuarter(Math.floor(localMs / QUARTER_MS));
    return Number.isNaN(shift) ? toInstant(offset, localMs) : localMs - shift;
  };
}

/** Keeps the answers of `compute`, of which NaN is one; a bounded number of them. */
function remember(compute: (key: number) => number): (key: number) => number {
  const answers = new Map<number, number>();
  return (key) => {
    let answer = answers.get(key);
    if (answer === undefined) {
      if (answers.size >= ANSWERS_MAX) answers.clear();
      answer = compute(key);
      answers.set(key, answer);
    }
    return answer;
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
