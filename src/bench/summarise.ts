/** From attempts to what a report shows: minimum, median and maximum, rates, ratios, floors. Pure. */
import type { FigureDefinition, RatioDefinition } from './case.ts';
import type { Attempt, CaseResult, ContenderResult } from './result.ts';

/** The figure that every attempt has without giving it: peak memory of the process tree, in MB. */
export const PEAK_RSS_FIGURE = 'peakRss';

/** Over the rounds. */
export interface Spread {
  readonly min: number;
  readonly median: number;
  readonly max: number;
}

export interface RatioResult extends RatioDefinition {
  readonly case: string;
  /** Undefined: one of the two did not run, or ran wrong; `why` says which. */
  readonly value: number | undefined;
  readonly why?: string;
  /** Whether `target` was reached; undefined without a target or a value. */
  readonly isReached: boolean | undefined;
}

export interface FigureResult extends FigureDefinition {
  readonly contender: string;
  readonly spread: Spread;
  readonly isHeld: boolean | undefined;
}

/** Of numbers that are there; undefined when there are none. The median of an even number is the mean of the middle two. */
export function spreadOf(values: readonly (number | undefined)[]): Spread | undefined {
  const sorted = values.filter((value) => value !== undefined).sort((a, b) => a - b);
  if (sorted.length === 0) return undefined;
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  return { min: sorted[0], median, max: sorted[sorted.length - 1] };
}

/** Attempts that count: that ended, with the right result. */
export function goodAttempts(contender: ContenderResult): readonly Attempt[] {
  return contender.attempts.filter(({ wrong, failed }) => wrong === undefined && failed === undefined);
}

/** Rows per second by the median of the seconds; undefined without a good attempt. */
export function rateOf(contender: ContenderResult): number | undefined {
  const good = goodAttempts(contender);
  const seconds = spreadOf(good.map((attempt) => attempt.seconds));
  const rows = spreadOf(good.map((attempt) => attempt.rows));
  if (seconds === undefined || rows === undefined || seconds.median <= 0) return undefined;
  return rows.median / seconds.median;
}

/** Every ratio that the case names. */
export function ratiosOf(result: CaseResult): RatioResult[] {
  return result.ratios.map((ratio) => {
    const rates = [ratio.of, ratio.against].map((name) => {
      const contender = result.contenders.find((one) => one.name === name);
      return { name, contender, rate: contender && rateOf(contender) };
    });
    const [of, against] = rates;
    if (of.rate === undefined || against.rate === undefined) {
      const why = rates
        .filter(({ rate }) => rate === undefined)
        .map(({ name, contender }) => whyNoRate(name, contender));
      return { ...ratio, case: result.name, value: undefined, why: why.join('; '), isReached: undefined };
    }
    const value = of.rate / against.rate;
    return {
      ...ratio,
      case: result.name,
      value,
      isReached: ratio.target === undefined ? undefined : value >= ratio.target,
    };
  });
}

/** Every figure that an attempt gave, for each contender that gave it. */
export function figuresOf(result: CaseResult): FigureResult[] {
  return result.figures.flatMap((figure) =>
    result.contenders.flatMap((contender) => {
      if (figure.of !== undefined && !figure.of.includes(contender.name)) return [];
      const spread = spreadOf(goodAttempts(contender).map((attempt) => figureIn(attempt, figure.name)));
      if (spread === undefined) return [];
      const { atMost, atLeast } = figure;
      const isHeld =
        atMost === undefined && atLeast === undefined
          ? undefined
          : spread.median <= (atMost ?? Number.POSITIVE_INFINITY) &&
            spread.median >= (atLeast ?? Number.NEGATIVE_INFINITY);
      return [{ ...figure, contender: contender.name, spread, isHeld }];
    }),
  );
}

/** What an attempt gave, or what was measured of it. */
function figureIn({ figures, peakRssBytes }: Attempt, name: string): number | undefined {
  if (name === PEAK_RSS_FIGURE) return peakRssBytes === undefined ? undefined : peakRssBytes / 2 ** 20;
  return figures?.[name];
}

/** Without the reason, which a report gives where it lists what is missing or wrong. */
function whyNoRate(name: string, contender: ContenderResult | undefined): string {
  if (contender === undefined) return `${name} did not take part`;
  if (contender.missing !== undefined) return `${name} is missing`;
  const bad = contender.attempts.find(({ wrong, failed }) => (wrong ?? failed) !== undefined);
  if (bad === undefined) return `${name} was not run`;
  return bad.failed === undefined ? `${name} is wrong` : `${name} failed`;
}
