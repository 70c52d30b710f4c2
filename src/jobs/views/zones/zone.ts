/**
 * A zone: what is remembered about one run of ids of a log, so that a date can be planned without reading the log.
 * Zones tile the ids without gap or overlap, holes in the ids included; rows that a zone does not know of (committed
 * later than it was measured, trap 11 of domain.md) are found by counting (zone-map.ts) or by the scan itself.
 */

import type { LogShard } from '../log/log-shard.ts';

/** A row whose time lies far from the others of its zone. */
export interface Stray {
  readonly id: bigint;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
}

/** What tells one set of ids from another without keeping them: sums that add up over zones. */
export interface IdCheck {
  readonly rows: number;
  /** Sum of id mod 1073741789. */
  readonly idSum: number;
  /** Sum of the square of id mod 65521. */
  readonly idSquareSum: number;
}

export interface Zone extends IdCheck {
  /** Inclusive, both. */
  readonly fromId: bigint;
  readonly toId: bigint;
  /** Of `rows`, the ones without a time. */
  readonly undated: number;
  /**
   * Smallest and largest time of the dated rows that are not strays, milliseconds since 1970. With no such row `minMs`
   * is Infinity and `maxMs` is -Infinity.
   */
  readonly minMs: number;
  readonly maxMs: number;
  readonly strays: readonly Stray[];
}

/** Whether the check is that of all of them together. */
export function sameIds(zones: readonly IdCheck[], check: IdCheck): boolean {
  const sum = (of: (zone: IdCheck) => number) => zones.reduce((total, zone) => total + of(zone), 0);
  return (
    sum(({ rows }) => rows) === check.rows &&
    sum(({ idSum }) => idSum) === check.idSum &&
    sum(({ idSquareSum }) => idSquareSum) === check.idSquareSum
  );
}

/** Whether the two have the same ids and times. */
export function sameRows(one: Zone, other: Zone): boolean {
  return (
    sameIds([one], other) &&
    one.undated === other.undated &&
    one.minMs === other.minMs &&
    one.maxMs === other.maxMs &&
    one.strays.length === other.strays.length
  );
}

/** Whether every id of the zone is taken: then no row can turn up in it. */
export function isDense(zone: Zone): boolean {
  return BigInt(zone.rows) === zone.toId - zone.fromId + 1n;
}

/** Whether the zone can hold a row with startMs <= time < endMs. */
export function zoneMeets(zone: Zone, startMs: number, endMs: number): boolean {
  return coreMeets(zone, startMs, endMs) || zone.strays.some(({ timeMs }) => timeMs >= startMs && timeMs < endMs);
}

/** As `zoneMeets`, strays left aside. */
export function coreMeets(zone: Zone, startMs: number, endMs: number): boolean {
  return zone.minMs < endMs && zone.maxMs >= startMs;
}

/** A zone of a shard, by keys instead of ids. What tells its rows from others stays as it is. */
export function zoneByKey({ base }: LogShard, zone: Zone): Zone {
  if (base === 0n) return zone;
  return {
    ...zone,
    fromId: zone.fromId + base,
    toId: zone.toId + base,
    strays: zone.strays.map(({ id, timeMs }) => ({ id: id + base, timeMs })),
  };
}
