/**
 * Cumulative counts of videos through the day before a date, from sums of months and years where they are true and from
 * the statistics themselves elsewhere. Belongs to a transaction that holds the settlement lock: no sum changes under it.
 */
import type { Transaction } from '../../database/database.ts';
import { type Row, toBigInt, toNumber } from '../../database/values.ts';
import { readMonthsBefore } from './count-period-store.ts';
import { countSourcesBefore } from './rules/count-periods.ts';
import { onPage, type VideoPage } from './settlement-store.ts';
import { readTrueSums } from './sum-counts.ts';

export interface Counts {
  readonly views: bigint;
  readonly ads: bigint;
}

/** Some dates or periods of a table whose counts are to be added, and how their rows are best found. */
interface Source {
  readonly table: 'video_daily_stats' | 'settle_video_count';
  readonly column: 'business_date' | 'period';
  readonly labels: readonly string[];
  readonly byId: boolean;
}

/** Combinations of a label and a video that one statement looks up: of more, servers would rather read everything. */
const lookupsMax = 4_000;
/** From 1,000 on MariaDB makes a table of a list and joins that (in_predicate_conversion_threshold). */
const idsMax = 500;
/** Looking a row up costs about as much as reading so many in a row. */
const rowsALookup = 16;

/** Reads counts in pages of videos; made once a date. */
export class CountsBefore {
  readonly #tx: Transaction;
  readonly #sources: readonly Source[];

  private constructor(tx: Transaction, sources: readonly Source[]) {
    this.#tx = tx;
    this.#sources = sources;
  }

  static async of(tx: Transaction, date: string): Promise<CountsBefore> {
    const months = await readMonthsBefore(tx, date);
    const sums = await readTrueSums(tx);
    const { periods, dates } = countSourcesBefore(months, date, (period) => sums.has(period));
    const [{ count }] = await tx('video_daily_stats').where({ business_date: date }).count({ count: '*' });
    const rowsMax = toNumber(count) * rowsALookup;
    const videosIn = (period: string) => sums.get(period)?.videos ?? 0;
    // How many videos the dates have is not known; those of a month as many a date as the month before it.
    const lastMonth = [...sums.values()].findLast(({ period }) => period.length > 4 && period < date);
    const videosADate = (lastMonth?.rowsSummed ?? 0) / 30;
    const counts = { table: 'settle_video_count', column: 'period' } as const;
    const daily = { table: 'video_daily_stats', column: 'business_date' } as const;
    const sources: Source[] = [
      { ...counts, labels: periods.filter((period) => videosIn(period) > rowsMax), byId: true },
      { ...counts, labels: periods.filter((period) => videosIn(period) <= rowsMax), byId: false },
      { ...daily, labels: dates, byId: videosADate > rowsMax },
    ];
    return new CountsBefore(
      tx,
      sources.filter(({ labels }) => labels.length > 0),
    );
  }

  /** Of these videos at least; one that is missing has none. */
  async read(ids: readonly bigint[]): Promise<Map<bigint, Counts>> {
    const counts = new Map<bigint, Counts>();
    for (const source of this.#sources) {
      for (const [labels, page] of source.byId ? lookups(source.labels, ids) : runs(source.labels, ids)) {
        await this.#add(counts, source, labels, page);
      }
    }
    return counts;
  }

  async #add(
    counts: Map<bigint, Counts>,
    { table, column }: Source,
    labels: readonly string[],
    page: VideoPage,
  ): Promise<void> {
    const query = this.#tx(table)
      .whereIn(column, [...labels])
      .groupBy('video_id')
      .select('video_id')
      .sum({ views: 'views', ads: table === 'video_daily_stats' ? 'ad_views' : 'ads' });
    const rows: Row[] = await onPage(query, 'video_id', page);
    for (const row of rows) {
      const videoId = toBigInt(row.video_id);
      const sum = counts.get(videoId);
      const views = toBigInt(row.views) + (sum?.views ?? 0n);
      counts.set(videoId, { views, ads: toBigInt(row.ads) + (sum?.ads ?? 0n) });
    }
  }
}

function* lookups(labels: readonly string[], ids: readonly bigint[]): Generator<[readonly string[], VideoPage]> {
  for (let at = 0; at < ids.length; at += idsMax) {
    const page = { ids: ids.slice(at, at + idsMax) };
    const step = Math.max(1, Math.floor(lookupsMax / page.ids.length));
    for (let first = 0; first < labels.length; first += step) yield [labels.slice(first, first + step), page];
  }
}

/** Everything from the first video to the last, in one go. */
function* runs(labels: readonly string[], ids: readonly bigint[]): Generator<[readonly string[], VideoPage]> {
  if (ids.length > 0) yield [labels, { from: ids[0], to: ids[ids.length - 1] }];
}
