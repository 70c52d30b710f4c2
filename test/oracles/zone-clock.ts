/**
 * Where the dates of a zone begin, by walking along its clock: all changes of the offset are found first, and a date is
 * looked for in the pieces between them. Asks Intl alone, and shares no code or arithmetic with src/rules.
 */

/** A run of instants, in milliseconds, with one offset from UTC. */
interface Piece {
  readonly fromMs: number;
  readonly toMs: number;
  readonly offsetMs: number;
}

/** Clock of a zone: milliseconds that its clocks are ahead of UTC, at an instant. */
function createClock(zone: string): (instantMs: number) => number {
  const format = new Intl.DateTimeFormat('en-US', {
    timeZone: zone,
    hourCycle: 'h23',
    ...{ year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' },
  });
  return (instantMs) => {
    const [month, day, year, hour, minute, second] = (format.format(instantMs).match(/\d+/g) ?? []).map(Number);
    return Date.UTC(year, month - 1, day, hour, minute, second) - instantMs;
  };
}

/** @param stepMs how often the clock is looked at: shorter than any offset lasts */
export function piecesOf(zone: string, fromMs: number, toMs: number, stepMs: number): Piece[] {
  const clock = createClock(zone);
  const pieces: Piece[] = [];
  let start = fromMs;
  let offsetMs = clock(fromMs);
  for (let at = fromMs + stepMs; at <= toMs; at += stepMs) {
    while (clock(at) !== offsetMs) {
      let same = Math.max(start, at - stepMs);
      let other = at;
      while (other - same > 1000) {
        const middle = Math.floor((same + other) / 2000) * 1000;
        if (clock(middle) === offsetMs) same = middle;
        else other = middle;
      }
      pieces.push({ fromMs: start, toMs: other, offsetMs });
      start = other;
      offsetMs = clock(other);
    }
  }
  return [...pieces, { fromMs: start, toMs, offsetMs }];
}

/** The first instant that shows 00:00 of the date; else the one at which clocks jump over it. `pieces` hold its surroundings. */
export function startOfDateIn(pieces: readonly Piece[], date: string): number {
  const midnight = Date.parse(`${date}T00:00:00Z`);
  for (const { fromMs, toMs, offsetMs } of pieces) {
    const shows = midnight - offsetMs;
    if (shows >= fromMs && shows < toMs) return shows;
  }
  for (let at = 1; at < pieces.length; at++) {
    const { fromMs, offsetMs } = pieces[at];
    if (fromMs + pieces[at - 1].offsetMs <= midnight && fromMs + offsetMs > midnight) return fromMs;
  }
  throw new Error(`${date} is not within the pieces`);
}
