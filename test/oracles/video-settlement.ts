/**
 * The naive settlement of videos: every unit is priced by itself, in whole billionths of a won, one after another from
 * the first date on. Needs all rows in memory and as many steps as there are units; shares nothing with src.
 */

/** Prices of one card: the unit after the first `from` ones costs `price` won, a decimal text. */
export interface OracleTier {
  readonly from: number;
  readonly price: string;
}

export interface OracleCard {
  readonly effectiveFrom: string;
  readonly view: readonly OracleTier[];
  readonly adView: readonly OracleTier[];
}

/** What one date's statistics say of one video. */
export interface OracleStatistics {
  readonly date: string;
  readonly videoId: bigint;
  readonly views: number;
  readonly ads: number;
}

export interface OracleAmount {
  readonly viewAmount: bigint;
  readonly adAmount: bigint;
}

/** Date -> video -> amounts. */
export function settleVideosNaively(
  statistics: readonly OracleStatistics[],
  cards: readonly OracleCard[],
): Map<string, Map<bigint, OracleAmount>> {
  const dates = [...new Set(statistics.map(({ date }) => date))].sort();
  const videos = new Set(statistics.map(({ videoId }) => videoId));
  const settled = new Map<string, Map<bigint, OracleAmount>>();
  for (const date of dates) {
    const card = cards.filter(({ effectiveFrom }) => effectiveFrom <= date).at(-1);
    if (card === undefined) throw new Error(`no card on ${date}`);
    const amounts = new Map<bigint, OracleAmount>();
    for (const videoId of videos) {
      let viewsBefore = 0;
      let adsBefore = 0;
      let views = 0;
      let ads = 0;
      let isThere = false;
      for (const row of statistics) {
        if (row.videoId !== videoId) continue;
        if (row.date < date) {
          viewsBefore += row.views;
          adsBefore += row.ads;
        }
        if (row.date === date) {
          views += row.views;
          ads += row.ads;
          isThere = true;
        }
      }
      if (!isThere) continue;
      amounts.set(videoId, {
        viewAmount: wonOfUnits(card.view, viewsBefore + views) - wonOfUnits(card.view, viewsBefore),
        adAmount: wonOfUnits(card.adView, adsBefore + ads) - wonOfUnits(card.adView, adsBefore),
      });
    }
    settled.set(date, amounts);
  }
  return settled;
}

/** Whole won of the first `count` units, each priced by itself. */
function wonOfUnits(tiers: readonly OracleTier[], count: number): bigint {
  let billionths = 0n;
  for (let unit = 1; unit <= count; unit++) {
    let price = 0n;
    for (const tier of tiers) if (unit > tier.from) price = billionthsOf(tier.price);
    billionths += price;
  }
  return billionths / 1_000_000_000n;
}

function billionthsOf(text: string): bigint {
  const [whole, fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(9, '0'));
}

/** Net amount of each video over all dates. */
export function netByVideo(settled: ReadonlyMap<string, ReadonlyMap<bigint, OracleAmount>>): Map<bigint, bigint> {
  const net = new Map<bigint, bigint>();
  for (const amounts of settled.values()) {
    for (const [videoId, { viewAmount, adAmount }] of amounts) {
      net.set(videoId, (net.get(videoId) ?? 0n) + viewAmount + adAmount);
    }
  }
  return net;
}

/** The lines of `settle settlement --format csv` for one date, without the header. */
export function settlementLines(amounts: ReadonlyMap<bigint, OracleAmount> | undefined): string[] {
  return [...(amounts ?? [])]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([id, { viewAmount, adAmount }]) => `${id},${viewAmount},${adAmount},${viewAmount + adAmount}`);
}
