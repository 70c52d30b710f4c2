/**
 * What a run changed about money that was settled before: kept in the job's context, so that the run's summary and `show`
 * tell it.
 */
import type { ContextValue, ExecutionContext } from '../../engine/execution-context.ts';

/** Key of the job's context. */
export const SETTLEMENT_CHANGES = 'settlementChanges';
/** Dates that are told apart; of more, the first ones are, as a whole year of late rows is nothing to read line by line. */
const datesMax = 31;

interface Revised {
  videos: number;
  before: bigint;
  after: bigint;
}

interface Booked {
  videos: number;
  won: bigint;
}

/** Whole won that differ from what was settled before, by date. */
export class SettlementChanges {
  readonly #revised = new Map<string, Revised>();
  readonly #booked = new Map<string, Booked>();

  /** A video of an open date has a new revision. */
  revise(date: string, before: bigint, after: bigint): void {
    if (before === after) return;
    const sums = this.#revised.get(date) ?? { videos: 0, before: 0n, after: 0n };
    sums.videos++;
    sums.before += before;
    sums.after += after;
    this.#revised.set(date, sums);
  }

  /** An adjustment of a video of a closed date is booked in an open one. */
  book(correctedDate: string, bookedDate: string, won: bigint): void {
    const key = `${correctedDate} in ${bookedDate}`;
    const sums = this.#booked.get(key) ?? { videos: 0, won: 0n };
    sums.videos++;
    sums.won += won;
    this.#booked.set(key, sums);
  }

  /** Puts them into the job's context; takes away what an earlier attempt has put there. */
  save(context: ExecutionContext): void {
    if (this.#revised.size + this.#booked.size === 0) context.remove(SETTLEMENT_CHANGES);
    else context.put(SETTLEMENT_CHANGES, { revised: firstOf(this.#revised), booked: firstOf(this.#booked) });
  }
}

function firstOf(changes: ReadonlyMap<string, Revised | Booked>): { readonly [key: string]: ContextValue } {
  const dates = [...changes].sort(([a], [b]) => (a < b ? -1 : 1)).slice(0, datesMax);
  return Object.fromEntries(dates.map(([date, sums]) => [date, { ...sums }]));
}

/**
 * The changes as lines for people: `2026-11-19: 3,375 -> 3,420 won (+45) in 2 videos`, `closed 2026-11-18: +60 won in 1
 * video booked in 2026-11-20`. Empty when nothing changed.
 */
export function changeLines(stored: ContextValue | undefined): string[] {
  if (typeof stored !== 'object') return [];
  const lines: string[] = [];
  for (const [date, sums] of entriesOf(stored.revised)) {
    const [before, after] = [BigInt(String(sums.before)), BigInt(String(sums.after))];
    lines.push(`${date}: ${grouped(before)} -> ${grouped(after)} won (${signed(after - before)}) in ${videos(sums)}`);
  }
  for (const [key, sums] of entriesOf(stored.booked)) {
    const [corrected, booked] = key.split(' in ');
    lines.push(`closed ${corrected}: ${signed(BigInt(String(sums.won)))} won in ${videos(sums)} booked in ${booked}`);
  }
  return lines;
}

function entriesOf(value: ContextValue | undefined): [string, { readonly [key: string]: ContextValue }][] {
  if (typeof value !== 'object') return [];
  return Object.entries(value).flatMap(([key, sums]) => (typeof sums === 'object' ? [[key, sums]] : []));
}

function videos(sums: { readonly [key: string]: ContextValue }): string {
  return `${grouped(BigInt(String(sums.videos)))} video${Number(sums.videos) === 1 ? '' : 's'}`;
}

function signed(won: bigint): string {
  return won > 0n ? `+${grouped(won)}` : grouped(won);
}

function grouped(value: bigint): string {
  return value.toLocaleString('en-US');
}
