/**
 * The plan of a date's statistics: the zones to read, the partitions, and what every worker must know. Made once for a
 * job instance and frozen with it, so it is plain JSON.
 */
import type { Database, Executor } from '../../../database/database.ts';
import { type Row, toBigInt, toNumber } from '../../../database/values.ts';
import type { JobParameters } from '../../../engine/parameters.ts';
import type { PartitionPlan } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { ExitCode, planOutdated, SettleError } from '../../../errors.ts';
import { selectPlan } from '../../../repository/partition.ts';
import { businessDay, isSameZone } from '../../../rules/business-time.ts';
import { splitWords } from '../../../rules/words.ts';
import { type LogShard, requireShardIds } from '../log/log-shard.ts';
import { registerShards, type ViewLog, withViewLog } from '../log/open-log.ts';
import { readPosition } from '../log/replication-position.ts';
import { placeOf } from '../log/shard-key.ts';
import { type JudgeFrame, pairKey } from '../rules/judge-frame.ts';
import { defaultViewPolicy } from '../rules/verdict.ts';
import { cutPartitions, expectedOpenRows, isEdge, type Span, straysIn, zonesToRead } from '../zones/date-plan.ts';
import { measureZones } from '../zones/measure-zones.ts';
import { type Zone, zoneByKey } from '../zones/zone.ts';
import { extendZoneMap, forgetOtherLog, recheckZones, type ZoneMapOptions } from '../zones/zone-map.ts';
import { forgetZones, loadZones } from '../zones/zone-store.ts';

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
  /** Last video id of each bucket of sums but the last bucket; absent in a plan of an older version: one bucket. */
  readonly videoBounds?: readonly string[];
  /** `videosCheck` when the plan was made. */
  readonly videos: string;
  /** The largest id of the log that the plan knows; absent in a plan of an older version, for an empty log, and for shards. */
  readonly logEndId?: string;
  /** The shards on which the log lies, by number; absent for a log that is not cut. */
  readonly shards?: readonly { readonly number: number; readonly name: string }[];
  /** By number of the shard: its last zone that has rows, and how many the plan knows of; a host must find these there. */
  readonly ends?: Readonly<Record<number, { readonly from: string; readonly to: string; readonly rows: number }>>;
  /** By number of the shard: what a replica must have replayed to have the plan's rows. Absent without replicas. */
  readonly positions?: Readonly<Record<number, string>>;
}

/**
 * What the instance's partial results were made by.
 * @throws SettleError PLAN_MISSING (exit 20) when no plan is stored: of results without one nothing can be said
 */
export async function readPlanDetail(executor: Executor, jobInstanceId: number): Promise<StatisticsPlanDetail> {
  const plan = await selectPlan(executor, jobInstanceId, statisticsStep);
  if (plan !== undefined) return JSON.parse(plan.detail);
  const problem = `job instance ${jobInstanceId} has no plan, by which its partial results were made`;
  throw new SettleError('PLAN_MISSING', ExitCode.invariantBroken, problem);
}

/** Unit of the cost model: views that the merge has to decide. */
export const openViews = 'openViews';
/** Key in the step's context: the job execution that made the plan. */
const plannedBy = 'plan.execution';
/** Rows of one bucket, about: what a thread of the merge holds in memory and decides at once, in some 20 ms. */
const openRowsABucket = 30_000;
/** Videos of one bucket of sums. */
const videosABucket = 250_000;
/** An edge zone is measured again in about this many pieces. */
const edgePieces = 16;
const edgeRowsMin = 32;
/** With more edges than this the log is so disordered that finer zones would not help. */
const edgesMax = 64;
/** From 1,000 values in a list on MariaDB reads the whole table. */
const idsAQuery = 999;
/** Each round finds new late rows, or those of another run's planning. */
const recheckRoundsMax = 8;

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
export async function planStatistics(context: StepContext, partitionCount: number | undefined): Promise<PartitionPlan> {
  const { database, parameters, options, signal } = context;
  const frame = frameOf(parameters.require('date'), parameters.require('zone'));
  const span: Span = { startMs: frame.lookbackStartMs, endMs: frame.dayEndMs };
  const mapOptions = { concurrency: options.workers, signal };
  await requireSameZone(database.knex, parameters);
  return await withViewLog(database, async (log) => {
    await registerShards(database, log, (tx, { map }) => forgetZones(tx, map));
    for (const shard of log.shards) {
      await forgetOtherLog(database, shard);
      await extendZoneMap(database, shard, mapOptions);
    }
    const map = await trueZones(database, log, span, mapOptions);
    const read = map.map(({ shard, zones }) => ({ shard, zones: zonesToRead(zones, span) }));
    const refined = await refineZones(read, span, partitionCount);
    const zones = refined.flatMap(({ shard, zones }) => zones.map((zone) => zoneByKey(shard, zone)));
    const partitions = cutPartitions(zones, partitionCount, options.workers);
    const open = expectedOpenRows(zones, partitions, frame.lookbackStartMs, frame.policy.repeatWindowMs);
    const detail: StatisticsPlanDetail = {
      frame,
      zones: zones.map((zone) => ({
        from: zone.fromId.toString(),
        to: zone.toId.toString(),
        core: zone.minMs <= zone.maxMs ? [zone.minMs, zone.maxMs] : null,
      })),
      strayPairs: await findStrayPairs(refined, span),
      buckets: countBuckets(open, partitionCount),
      videoBounds: await findVideoBounds(database),
      videos: await videosCheck(database),
      ...(log.isCut
        ? { shards: log.shards.map(({ number, name = '' }) => ({ number, name })), ends: endsOf(refined) }
        : {}),
      logEndId: log.isCut ? undefined : map[0].zones.at(-1)?.toId.toString(),
      ...(await positionsOf(log)),
    };
    context.executionContext.put(plannedBy, BigInt(context.jobExecutionId));
    return { partitions, detail, units: { [openViews]: open } };
  });
}

/** By ids of the shard. */
function endsOf(parts: readonly ShardZones[]): StatisticsPlanDetail['ends'] {
  const ends: Record<number, { from: string; to: string; rows: number }> = {};
  for (const { shard, zones } of parts) {
    const last = zones.findLast(({ rows }) => rows > 0);
    if (last === undefined) continue;
    ends[shard.number] = { from: last.fromId.toString(), to: last.toId.toString(), rows: last.rows };
  }
  return ends;
}

/** Taken when all is measured: a replica that is as far has every row of the plan. */
async function positionsOf({ shards }: ViewLog): Promise<Pick<StatisticsPlanDetail, 'positions'>> {
  const replicated = shards.filter(({ replicaUrls }) => replicaUrls.length > 0);
  if (replicated.length === 0) return {};
  const positions: Record<number, string> = {};
  for (const { number, database } of replicated) {
    const position = await readPosition(database);
    if (position !== undefined) positions[number] = position;
  }
  return { positions };
}

/** Buckets of open views: none has many more rows than others, and as many partitions as were asked for find some. */
export function countBuckets(open: number, partitionCount = 1): number {
  return Math.max(1, Math.ceil(open / openRowsABucket), Math.min(partitionCount, open));
}

/** On a restart: rows may have turned up where the frozen plan does not read. Throws PLAN_OUTDATED when some have. */
export async function requireTruePlan({ database, parameters, ...context }: StepContext): Promise<void> {
  if (context.executionContext.getLong(plannedBy) === BigInt(context.jobExecutionId)) return;
  const frame = frameOf(parameters.require('date'), parameters.require('zone'));
  const span: Span = { startMs: frame.lookbackStartMs, endMs: frame.dayEndMs };
  const planned = await readPlanDetail(database.knex, context.jobInstanceId);
  const options = { concurrency: context.options.workers, signal: context.signal };
  await withViewLog(database, async ({ shards, isCut }) => {
    const names = shards.map(({ number, name = '' }) => ({ number, name }));
    if (JSON.stringify(planned.shards ?? []) !== JSON.stringify(isCut ? names : [])) {
      throw planOutdated('the log lies on other shards than when the plan was made');
    }
    for (const shard of shards) {
      if (await forgetOtherLog(database, shard)) throw planOutdated(`the shard ${shard.name} has another log`);
      const zones = await loadZones(database.knex, shard.map);
      // Forgotten with another mapping of the log: there is nothing to look for late rows by.
      if (zones.length === 0 && isPlanned(shard, planned)) throw planOutdated('the map of the log is gone');
      const read = new Set(zonesToRead(zones, span));
      if (!(await recheckZones(database, shard, zones, (zone) => !read.has(zone), options))) continue;
      throw planOutdated('rows turned up in old ids after the plan was made');
    }
  });
}

/** Whether the plan reads zones of the shard. */
function isPlanned({ name, number }: LogShard, { zones }: StatisticsPlanDetail): boolean {
  return zones.some(({ from }) => name === undefined || placeOf(BigInt(from)).number === number);
}

/** The zones of a plan, as the planner saw them. */
export function plannedZones(detail: StatisticsPlanDetail): Zone[] {
  return detail.zones.map(({ from, to, core }) => ({
    fromId: BigInt(from),
    toId: BigInt(to),
    rows: 0,
    idSum: 0,
    idSquareSum: 0,
    undated: 0,
    minMs: core === null ? Number.POSITIVE_INFINITY : core[0],
    maxMs: core === null ? Number.NEGATIVE_INFINITY : core[1],
    strays: [],
  }));
}

/** A shard, and what is known of its ids: not its keys. */
export interface ShardZones {
  readonly shard: LogShard;
  readonly zones: readonly Zone[];
}

/**
 * The zones, after it was made sure that those which the span does not read hold what is remembered of them: no row
 * that turned up in one of them stays hidden.
 */
export async function trueZones(
  database: Database,
  { shards }: ViewLog,
  span: Span,
  options: ZoneMapOptions,
): Promise<ShardZones[]> {
  const found: ShardZones[] = [];
  for (const shard of shards) found.push({ shard, zones: await trueZonesOf(database, shard, span, options) });
  return found;
}

async function trueZonesOf(
  database: Database,
  shard: LogShard,
  span: Span,
  options: ZoneMapOptions,
): Promise<readonly Zone[]> {
  for (let round = 0; round < recheckRoundsMax; round++) {
    const known = await loadZones(database.knex, shard.map);
    // Another run may have forgotten the map a moment ago: without one, history would be missing unseen.
    const zones = known.length > 0 ? known : await extendZoneMap(database, shard, options);
    const read = new Set(zonesToRead(zones, span));
    if (await recheckZones(database, shard, zones, (zone) => !read.has(zone), options)) continue;
    // Below the ids that the map began with, too, rows may have turned up: their keys would be another shard's.
    if (zones.length > 0) requireShardIds(shard, { minId: zones[0].fromId, maxId: zones[zones.length - 1].toId });
    return zones;
  }
  throw new SettleError(
    'LOG_UNSTEADY',
    ExitCode.failed,
    'rows kept turning up in old ids while the log was looked at',
    {
      hint: 'Run the date again when fewer rows arrive late.',
    },
  );
}

/** A date has one set of statistics: to replace them by another zone's must be asked for. */
export async function requireSameZone(executor: Executor, parameters: JobParameters): Promise<void> {
  const date = parameters.require('date');
  const run = await executor('settle_statistics_run').where({ business_date: date }).first('zone');
  const zone = parameters.require('zone');
  if (run === undefined || isSameZone(run.zone, zone) || parameters.get('zone-change') === 'allow') return;
  throw new SettleError('OTHER_ZONE', ExitCode.usage, `${date} is settled in zone ${run.zone}, not ${zone}`, {
    hint: `Leave --zone at ${run.zone}, or add '-p zone-change=allow' to replace its statistics.`,
  });
}

/** Which videos there are and whose, as sums: a plan holds for these. */
export async function videosCheck({ knex }: Database): Promise<string> {
  const [row]: Row[] = await knex('video').select(
    knex.raw('COUNT(*) AS a, COUNT(creator_id) AS b, SUM(id % 2147483647) AS c'),
    knex.raw('SUM((id % 65521) * (id % 65521)) AS d, SUM((id % 65521) * (creator_id % 65521)) AS e'),
    knex.raw('SUM(creator_id % 2147483647) AS f'),
  );
  return ['a', 'b', 'c', 'd', 'e', 'f'].map((name) => String(row[name] ?? 0)).join(':');
}

/** Cuts the videos into buckets of neighbouring ids. */
async function findVideoBounds({ knex }: Database): Promise<string[]> {
  const bounds: string[] = [];
  for (;;) {
    const ids = knex('video').select('id').orderBy('id').limit(videosABucket);
    if (bounds.length > 0) ids.where('id', '>', bounds[bounds.length - 1]);
    const [{ last, videos }]: Row[] = await knex.from(ids.as('bucket')).max({ last: 'id' }).count({ videos: '*' });
    if (toNumber(videos) < videosABucket) return bounds;
    bounds.push(String(last));
  }
}

/** Measures anew, in smaller pieces, the zones at the edges of the date, and all where too few are left to cut. */
async function refineZones(
  parts: readonly ShardZones[],
  span: Span,
  partitionCount: number | undefined,
): Promise<ShardZones[]> {
  const all = parts.flatMap(({ zones }) => zones);
  const total = all.reduce((sum, zone) => sum + zone.rows, 0);
  const rowsWanted = partitionCount === undefined ? total : Math.ceil(total / (4 * partitionCount));
  const edges = new Set(all.filter((zone) => zone.rows >= edgeRowsMin && isEdge(zone, span)));
  const refined: ShardZones[] = [];
  for (const { shard, zones } of parts) {
    const finer: Zone[] = [];
    for (const zone of zones) {
      const edge = edges.size <= edgesMax && edges.has(zone);
      if (!edge && zone.rows <= 2 * rowsWanted) finer.push(zone);
      else {
        const rows = Math.max(1, edge ? Math.min(rowsWanted, Math.ceil(zone.rows / edgePieces)) : rowsWanted);
        const pieces = await measureZones(shard.database, shard.table, zone.fromId, zone.toId, rows);
        finer.push(...zonesToRead(pieces, span));
      }
    }
    refined.push({ shard, zones: finer });
  }
  return refined;
}

function isInt64(value: string | number): boolean {
  return /^-?\d+$/.test(String(value)) && BigInt.asIntN(64, BigInt(value)) === BigInt(value);
}

async function findStrayPairs(parts: readonly ShardZones[], span: Span): Promise<string[]> {
  const pairs = new Set<string>();
  for (const { shard, zones } of parts) {
    const ids = zones.flatMap((zone) => straysIn(zone, span)).map(({ id }) => id.toString());
    for (let at = 0; at < ids.length; at += idsAQuery) {
      const rows = await shard.database
        .knex(shard.table.table)
        .whereIn(shard.table.key, ids.slice(at, at + idsAQuery))
        .whereNotNull('viewer_id')
        .whereNotNull('video_id')
        .select('viewer_id', 'video_id');
      for (const row of rows) {
        // Of no pair: such a row is invalid, and opens no window.
        if (!isInt64(row.viewer_id) || !isInt64(row.video_id)) continue;
        pairs.add(pairKey(...splitWords(toBigInt(row.viewer_id)), ...splitWords(toBigInt(row.video_id))));
      }
    }
  }
  return [...pairs];
}
