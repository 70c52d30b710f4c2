/** The pictures of a case: seconds, and peak memory, of every contender that has an attempt that counts. Pure. */
import { type Bar, barChart, type ChartOptions } from './chart.ts';
import type { Attempt, CaseResult } from './result.ts';
import { goodAttempts, spreadOf } from './summarise.ts';

export interface CaseChart {
  /** For a file: `seconds`, `memory`. */
  readonly name: string;
  readonly title: string;
  readonly svg: string;
}

export function caseCharts(one: CaseResult, options: Pick<ChartOptions, 'hasStyle'> = {}): CaseChart[] {
  const draw = (name: string, title: string, unit: string, value: (attempt: Attempt) => number | undefined) => {
    const bars = one.contenders.flatMap((contender): Bar[] => {
      const spread = spreadOf(goodAttempts(contender).map(value));
      return spread === undefined ? [] : [{ label: contender.label, role: contender.role, spread }];
    });
    const svg = barChart(bars, { ...options, title, unit });
    return svg === undefined ? [] : [{ name, title, svg }];
  };
  return [
    ...draw('seconds', `${one.title}: seconds, shorter is better`, 's', ({ seconds }) => seconds),
    ...draw('memory', `${one.title}: peak memory of the client, MB`, 'MB', ({ peakRssBytes }) =>
      peakRssBytes === undefined ? undefined : peakRssBytes / 2 ** 20,
    ),
  ];
}
