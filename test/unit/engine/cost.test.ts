/** The cost model: from the rates of an earlier run where there is one, from built-in ones elsewhere. */
import { expect, test } from 'vitest';
import { type JobCost, type PastRun, predictCost } from '../../../src/engine/cost.ts';

const cost: JobCost = {
  steps: {
    scan: { by: 'rows', startMs: 100, unitUs: 2, unitCpuUs: 1, workerGain: 0.5 },
    publish: { by: 'videos', startMs: 10, unitUs: 10, unitCpuUs: 5, workerGain: 0 },
  },
  memoryMb: (units, workers) => 100 * workers + units.videos / 1000,
};
const names = ['scan', 'publish', 'clean-up'];
const units = { rows: 1_000_000, videos: 1000 };
const past: PastRun = {
  execution: 7,
  rows: 500_000,
  cpuMs: 1000,
  peakMb: 150,
  steps: { scan: { ms: 1100, units: 500_000 }, publish: { ms: 60, units: 2000 }, 'clean-up': { ms: 5, units: 0 } },
};

test('built-in rates: start and units, which further workers share in part', () => {
  expect(predictCost(names, cost, undefined, units, 1)).toMatchObject({
    steps: { scan: 2100, publish: 20, 'clean-up': 0 },
    ms: 2120,
    memoryMb: 101,
    basis: undefined,
  });
  expect(predictCost(names, cost, undefined, units, 3)?.steps.scan).toBe(1100);
});

test('an earlier run: its rates, with the start that does not grow; steps nobody describes as they were', () => {
  const predicted = predictCost(names, cost, past, units, 1);
  expect(predicted).toMatchObject({ steps: { scan: 2100, publish: 35, 'clean-up': 5 }, ms: 2140, basis: past });
  expect(predicted?.cpuMs).toBeCloseTo((1000 * 2140) / 1165);
  expect(predicted?.memoryMb).toBe(150);
});

test('without either nothing is said', () => {
  expect(predictCost(names, undefined, undefined, units, 1)).toBeUndefined();
  expect(predictCost(names, undefined, past, units, 1)?.ms).toBe(1165);
});
