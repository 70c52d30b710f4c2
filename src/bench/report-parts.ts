/** What all forms of the report say in the same words: rows of the table, ratios, figures, the machine. Pure. */
import type { BenchResult, CaseResult, ContenderResult } from './result.ts';
import { figuresOf, goodAttempts, type RatioResult, rateOf, ratiosOf, spreadOf } from './summarise.ts';

/** Headers of the table of a case, for the cells of `caseRows`. */
export const COLUMNS = [
  'contender',
  'rounds',
  'min s',
  'median s',
  'max s',
  'process s',
  'per s',
  'RSS MB',
  'CPU s',
  'server CPU s',
  'wire MB',
  'load',
  'others %',
];

const MB = 2 ** 20;

/** One row for each contender with an attempt that counts, and a line for everything that went wrong or is missing. */
export function caseRows(one: CaseResult): { readonly rows: string[][]; readonly missing: string[] } {
  const rows: string[][] = [];
  const missing: string[] = [];
  for (const contender of one.contenders) {
    if (goodAttempts(contender).length > 0) rows.push(contenderRow(contender));
    missing.push(...problemsOf(contender));
  }
  return { rows, missing };
}

/** A sentence for each ratio of contenders that took part, or would have if they could. */
export function ratioLines(one: CaseResult): string[] {
  const takesPart = (wanted: string) => one.contenders.some(({ name }) => name === wanted);
  const ratios = ratiosOf(one).filter(({ of, against }) => takesPart(of) && takesPart(against));
  return ratios.map((ratio) => `${ratio.name}: ${ratioText(ratio)}`);
}

/** `settle-2 runs at 1.31 times the rate of spring-rows (0.76 x its time); target 1.20: reached`. */
export function ratioText({ of, against, value, why, target, isReached }: RatioResult): string {
  if (value === undefined) return `not measured: ${why}`;
  const speed = `${of} runs at ${value.toFixed(2)} times the rate of ${against} (${(1 / value).toFixed(2)} x its time)`;
  return target === undefined ? speed : `${speed}; target ${target.toFixed(2)}: ${isReached ? 'reached' : 'MISSED'}`;
}

/** A sentence for each figure and contender. */
export function figureLines(one: CaseResult): string[] {
  return figuresOf(one).map(({ contender, label, unit, spread, isHeld, atMost, atLeast }) => {
    const { min, median, max } = spread;
    const value = `${decimals(median)} ${unit} (${decimals(min)} to ${decimals(max)})`;
    const bound = atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`;
    const verdict = isHeld === undefined ? '' : `; ${bound}: ${isHeld ? 'held' : 'MISSED'}`;
    return `${contender}, ${label}: ${value}${verdict}`;
  });
}

export function machineLine({ machine, startedAt, settleVersion }: BenchResult): string {
  const settings = Object.entries(machine).map(([name, value]) => `${name} ${value}`);
  return [`settle ${settleVersion}, ${startedAt}`, ...settings].join('; ');
}

function contenderRow(contender: ContenderResult): string[] {
  const good = goodAttempts(contender);
  const seconds = spreadOf(good.map((attempt) => attempt.seconds))!;
  const median = (values: readonly (number | undefined)[], digits: number, unit = 1) => {
    const spread = spreadOf(values);
    return spread === undefined ? '-' : (spread.median / unit).toFixed(digits);
  };
  const rate = rateOf(contender);
  const loads = spreadOf(good.map(({ loadBefore }) => loadBefore))!;
  const others = spreadOf(good.map(({ othersBefore }) => othersBefore));
  return [
    contender.label === contender.name ? contender.name : `${contender.name}: ${contender.label}`,
    String(good.length),
    seconds.min.toFixed(2),
    seconds.median.toFixed(2),
    seconds.max.toFixed(2),
    median(
      good.map(({ wallSeconds }) => wallSeconds),
      2,
    ),
    rate === undefined ? '-' : Math.round(rate).toLocaleString('en-US'),
    // Not the median: the most is what a limit of memory has to allow.
    peakMb(good.map(({ peakRssBytes }) => peakRssBytes)),
    median(
      good.map(({ clientCpuSeconds }) => clientCpuSeconds),
      2,
    ),
    median(
      good.map(({ serverCpuSeconds }) => serverCpuSeconds),
      2,
    ),
    median(
      good.map(({ wireBytes }) => wireBytes),
      1,
      MB,
    ),
    `${loads.min.toFixed(1)}-${loads.max.toFixed(1)}`,
    others === undefined ? '-' : (others.max * 100).toFixed(0),
  ];
}

function peakMb(values: readonly (number | undefined)[]): string {
  const spread = spreadOf(values);
  return spread === undefined ? '-' : String(Math.round(spread.max / MB));
}

function problemsOf({ name, missing, attempts }: ContenderResult): string[] {
  if (missing !== undefined) return [`${name} is missing: ${missing}`];
  return attempts.flatMap(({ round, wrong, failed }) => {
    if (failed !== undefined) return [`${name} FAILED in round ${round}: ${failed}`];
    return wrong === undefined ? [] : [`${name} is WRONG in round ${round}: ${wrong}`];
  });
}

function decimals(value: number): string {
  return Number.isInteger(value) ? value.toLocaleString('en-US') : value.toFixed(value < 10 ? 2 : 1);
}
