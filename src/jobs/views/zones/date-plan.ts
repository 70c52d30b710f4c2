/**
 * Plans a span of time over a log: which runs of ids can hold its rows, cut into partitions of about equal rows. Pure;
 * what it needs to know of the log comes as zones.
 */
import type { PlannedPartition } from '../../../engine/step.ts';
import { type IntervalSet, unionOf } from '../rules/intervals.ts';
import { coreMeets, type Stray, type Zone, zoneMeets } from './zone.ts';

/** Half-open, milliseconds since 1970. */
export interface Span {
  readonly startMs: number;
  readonly endMs: number;
}

/** A zone with more strays than this in the span is read whole; with fewer, only they are. */
const straysReadAlone = 16;
/** Logs smaller than this are not worth a second thread. */
const rowsWorthCutting = 200_000;
/** Views near the ends of a partition are decided later, which costs; what is left at the end is cut again (stealing). */
const partitionsAWorker = 1;

/** The zones that can hold rows of the span; of a zone where only a few strays can, just those. */
export function zonesToRead(zones: readonly Zone[], span: Span): Zone[] {
  const read: Zone[] = [];
  for (const zone of zones) {
    if (!zoneMeets(zone, span.startMs, span.endMs)) continue;
    const strays = straysIn(zone, span);
    if (coreMeets(zone, span.startMs, span.endMs) || strays.length > straysReadAlone) read.push(zone);
    else for (const stray of strays) read.push(singleRow(stray));
  }
  return read;
}

/** The strays of a zone that lie in the span. */
export function straysIn(zone: Zone, span: Span): Stray[] {
  return zone.strays.filter(({ timeMs }) => timeMs >= span.startMs && timeMs < span.endMs);
}

/** Whether the zone holds rows of the span and, by its core, others: an edge, worth measuring more finely. */
export function isEdge(zone: Zone, span: Span): boolean {
  return coreMeets(zone, span.startMs, span.endMs) && !(zone.minMs >= span.startMs && zone.maxMs < span.endMs);
}

/**
 * Cuts the zones into runs of about equal rows.
 * @param partitionCount partitions wanted; undefined: one for each worker, one for a small log. Never more than zones.
 */
export function cutPartitions(
  zones: readonly Zone[],
  partitionCount: number | undefined,
  workers: number,
): PlannedPartition[] {
  const total = zones.reduce((sum, zone) => sum + zone.rows, 0);
  const wanted = partitionCount ?? (total < rowsWorthCutting ? 1 : partitionsAWorker * workers);
  const partitions: PlannedPartition[] = [];
  let start = 0;
  let rows = 0;
  let rowsBefore = 0;
  zones.forEach((zone, at) => {
    rows += zone.rows;
    const zonesLeft = zones.length - at - 1;
    const partitionsLeft = wanted - partitions.length - 1;
    const full = rowsBefore + rows >= ((partitions.length + 1) * total) / wanted;
    if (zonesLeft > 0 && partitionsLeft > 0 && (full || zonesLeft <= partitionsLeft)) {
      partitions.push({ minId: zones[start].fromId, maxId: zone.toId, rowsExpected: rows });
      rowsBefore += rows;
      rows = 0;
      start = at + 1;
    }
  });
  if (zones.length > 0) {
    partitions.push({ minId: zones[start].fromId, maxId: zones[zones.length - 1].toId, rowsExpected: rows });
  }
  return partitions;
}

/**
 * The times at which rows outside the partition may matter to a row inside: at such a time, or less than a window
 * before it, a zone of another partition may hold a row; and everything up to a window after the look-back's start,
 * before which nothing is read.
 */
export function contestedBy(
  zones: readonly Zone[],
  partition: { readonly minId: bigint; readonly maxId: bigint },
  lookbackStartMs: number,
  windowMs: number,
): IntervalSet {
  const foreign = zones.filter((zone) => zone.fromId < partition.minId || zone.fromId > partition.maxId);
  return unionOf([
    [Number.NEGATIVE_INFINITY, lookbackStartMs + windowMs],
    ...foreign.map((zone) => [zone.minMs, zone.maxMs + windowMs] as const),
  ]);
}

/** How many rows the merge will have to decide, about. */
export function expectedOpenRows(
  zones: readonly Zone[],
  partitions: readonly PlannedPartition[],
  lookbackStartMs: number,
  windowMs: number,
): number {
  let open = 0;
  for (const partition of partitions) {
    const { starts, ends } = contestedBy(zones, partition, lookbackStartMs, windowMs);
    for (const zone of zones) {
      if (zone.fromId < partition.minId || zone.fromId > partition.maxId || zone.maxMs < zone.minMs) continue;
      let overlap = 0;
      starts.forEach((start, at) => {
        overlap += Math.max(0, Math.min(ends[at], zone.maxMs + 1) - Math.max(start, zone.minMs));
      });
      open += (zone.rows * overlap) / (zone.maxMs + 1 - zone.minMs);
    }
  }
  return Math.ceil(open);
}

function singleRow(stray: Stray): Zone {
  const { id } = stray;
  const none = { minMs: Number.POSITIVE_INFINITY, maxMs: Number.NEGATIVE_INFINITY };
  return { fromId: id, toId: id, rows: 1, idSum: 0, idSquareSum: 0, undated: 0, ...none, strays: [stray] };
}
