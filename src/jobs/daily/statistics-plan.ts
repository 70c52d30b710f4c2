/**
 * The plan of a date's statistics: the zones to read, the partitions, and what every worker must know. Made once for a
 * job instance and frozen with it, so it is plain JSON.
 */
import type { Database } from '../../database/database.ts';
import { toBigInt } from '../../database/values.ts';
import type { PartitionPlan, StepContext } from '../../engine/step.ts';
import {
  cutPartitions,
  expectedOpenRows,
  isEdge,
  type Span,
  straysIn,
  zonesToRead,
} from '../../partition/date-plan.ts';
import { measureZones } from '../../partition/measure-zones.ts';
import type { Zone } from '../../partition/zone.ts';
import { extendZoneMap, recheckZones } from '../../partition/zone-map.ts';
import { loadZones } from '../../partition/zone-store.ts';
import { businessDay } from '../../rules/business-time.ts';
import { defaultViewPolicy } from '../../rules/verdict.ts';
import { type JudgeFrame, pairKey, splitWords } from '../../rules/view-judge.ts';
import { viewLog } from './view-log.ts';

/** Name of the partitioned step. */
export const statisticsStep = 'daily-statistics';

/** PartitionPlan.detail of the statistics step; JSON. */
export interface StatisticsPlanDetail {
  readonly frame: JudgeFrame;
  /** Every zone to read, by id. `core` is null for a zone whose rows are all strays or undated. */
  readonly zones: readonly {
    readonly from: string;
    readonly to: string;
    readonly core: readonly [number, number] | null;
  }[];
  /** Pairs that have a stray row, as `pairKey` writes them. */
  readonly strayPairs: readonly string[];
  /** Buckets into which open views are spread. */
  readonly buckets: number;
}

/** Rows of one bucket, about: what the merge holds in memory at once. */
const openRowsABucket = 150_000;
/** An edge zone is measured again in about this many pieces. */
const edgePieces = 16;
const edgeRowsMin = 32;
/** With more edges than this the log is so disordered that finer zones would not help. */
const edgesMax = 64;

/** The instants of a date. The look-back is two windows: enough to settle all but chains of views. */
export function frameOf(date: string, zone: string): JudgeFrame {
  const day = businessDay(date, zone);
  const policy = defaultViewPolicy;
  return {
    dayStartMs: day.startMs,
    dayEndMs: day.endMs,
    lookbackStartMs: day.startMs - 2 * policy.repeatWindowMs,
    policy,
  };
}

/** Plans the date that the job's parameters name. */
export async function planStatistics(context: StepContext, gridSize: number | undefined): Promise<PartitionPlan> {
  const { database, parameters, options, signal } = context;
  const frame = frameOf(parameters.require('date'), parameters.require('zone'));
  const span: Span = { startMs: frame.lookbackStartMs, endMs: frame.dayEndMs };
  const mapOptions = { concurrency: options.workers, signal };
  const known = await extendZoneMap(database, viewLog, mapOptions);
  const unread = unreadZones(known, span);
  const changed = await recheckZones(database, viewLog, known, (zone) => unread.has(zone), mapOptions);
  const map = changed ? await loadZones(database.knex, viewLog.table) : known;

  const zones = await refineZones(database, zonesToRead(map, span), span, gridSize);
  const partitions = cutPartitions(zones, gridSize, options.workers);
  const open = expectedOpenRows(zones, partitions, frame.lookbackStartMs, frame.policy.repeatWindowMs);
  const detail: StatisticsPlanDetail = {
    frame,
    zones: zones.map((zone) => ({
      from: zone.fromId.toString(),
      to: zone.toId.toString(),
      core: zone.minMs <= zone.maxMs ? [zone.minMs, zone.maxMs] : null,
    })),
    strayPairs: await findStrayPairs(database, zones, span),
    buckets: Math.max(1, Math.ceil(open / openRowsABucket)),
  };
  return { partitions, detail };
}

/** The zones of a plan, as the planner saw them. */
export function plannedZones(detail: StatisticsPlanDetail): Zone[] {
  return detail.zones.map(({ from, to, core }) => ({
    fromId: BigInt(from),
    toId: BigInt(to),
    rows: 0,
    undated: 0,
    minMs: core === null ? Number.POSITIVE_INFINITY : core[0],
    maxMs: core === null ? Number.NEGATIVE_INFINITY : core[1],
    strays: [],
  }));
}

/** Zones that the plan will not read whole: what is remembered of them decides, so it must be made sure of. */
function unreadZones(zones: readonly Zone[], span: Span): Set<Zone> {
  const read = new Set(zonesToRead(zones, span));
  return new Set(zones.filter((zone) => !read.has(zone)));
}

/** Measures anew, in smaller pieces, the zones at the edges of the date, and all where too few are left to cut. */
async function refineZones(
  database: Database,
  zones: readonly Zone[],
  span: Span,
  gridSize: number | undefined,
): Promise<Zone[]> {
  const total = zones.reduce((sum, zone) => sum + zone.rows, 0);
  const rowsWanted = gridSize === undefined ? total : Math.ceil(total / (4 * gridSize));
  const edges = new Set(zones.filter((zone) => zone.rows >= edgeRowsMin && isEdge(zone, span)));
  const refined: Zone[] = [];
  for (const zone of zones) {
    const edge = edges.size <= edgesMax && edges.has(zone);
    if (!edge && zone.rows <= 2 * rowsWanted) refined.push(zone);
    else {
      const rows = edge ? Math.min(rowsWanted, Math.ceil(zone.rows / edgePieces)) : rowsWanted;
      const pieces = await measureZones(database, viewLog, zone.fromId, zone.toId, Math.max(1, rows));
      refined.push(...zonesToRead(pieces, span));
    }
  }
  return refined;
}

async function findStrayPairs(database: Database, zones: readonly Zone[], span: Span): Promise<string[]> {
  const ids = zones.flatMap((zone) => straysIn(zone, span)).map(({ id }) => id.toString());
  const pairs = new Set<string>();
  for (let at = 0; at < ids.length; at += 1000) {
    const rows = await database
      .knex(viewLog.table)
      .whereIn('id', ids.slice(at, at + 1000))
      .whereNotNull('viewer_id')
      .whereNotNull('video_id')
      .select('viewer_id', 'video_id');
    for (const row of rows) {
      pairs.add(pairKey(...splitWords(toBigInt(row.viewer_id)), ...splitWords(toBigInt(row.video_id))));
    }
  }
  return [...pairs];
}
