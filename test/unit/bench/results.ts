/** Builds results of a benchmark for tests of what is made of them. */
import type { RatioDefinition } from '../../../src/bench/case.ts';
import type { Attempt, BenchResult, CaseResult, ContenderResult } from '../../../src/bench/result.ts';

export function attempt(seconds: number, more: Partial<Attempt> = {}): Attempt {
  return {
    round: 1,
    startedAt: '2026-11-19T00:00:00.000Z',
    loadBefore: 0.1,
    othersBefore: 0,
    seconds,
    wallSeconds: seconds + 0.5,
    rows: 1000,
    peakRssBytes: 64 * 2 ** 20,
    clientCpuSeconds: 1,
    serverCpuSeconds: undefined,
    wireBytes: 2 ** 20,
    ...more,
  };
}

export function contender(name: string, attempts: readonly Attempt[], missing?: string): ContenderResult {
  return { name, label: `what ${name} is`, role: 'peer', attempts, ...(missing === undefined ? {} : { missing }) };
}

export function caseOf(
  contenders: readonly ContenderResult[],
  ratios: readonly RatioDefinition[] = [],
  more: Partial<CaseResult> = {},
): CaseResult {
  return {
    name: 'toy',
    title: 'Toy',
    description: 'A case of a test.',
    unit: 'rows',
    conditions: 'few rows',
    server: { version: 'Toy 1' },
    contenders,
    ratios,
    figures: [],
    ...more,
  };
}

export function resultOf(...cases: readonly CaseResult[]): BenchResult {
  const machine = { processor: '2 x Toy', node: 'v24' };
  return {
    formatVersion: 1,
    startedAt: '2026-11-19T00:00:00.000Z',
    settleVersion: '1.2.3',
    machine,
    notMeasured: [],
    cases,
  };
}
