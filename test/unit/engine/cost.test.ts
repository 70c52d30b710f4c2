/** The cost model: fitted to earlier runs where there are any, by built-in rates elsewhere. */
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type JobCost, type PastRun, predictCost } from '../../../src/engine/cost.ts';
import { fitCost } from '../../../src/engine/fit-cost.ts';
import { dailyCost } from '../../../src/jobs/daily/cost.ts';

const cost: JobCost = {
  countedBy: { videos: 'publish' },
  steps: {
    scan: { by: 'rows', startMs: 100, unitUs: 2, unitCpuUs: 1, workerGain: 0.5 },
    publish: { by: 'videos', startMs: 10, unitUs: 10, unitCpuUs: 5, workerGain: 0 },
  },
  memoryMb: (units, workers) => 100 * workers + units.videos / 1000,
};
const names = ['scan', 'publish', 'clean-up'];
const units = { rows: 1_000_000, videos: 1000 };

/** A run of the same job on a machine that is `slow` times as slow as the built-in rates say. */
function pastRun(execution: number, rows: number, videos: number, slow = 1): PastRun {
  const scan = slow * (100 + 0.002 * rows);
  const publish = slow * (10 + 0.01 * videos);
  const steps = {
    scan: { ms: scan, units: rows },
    publish: { ms: publish, units: videos },
    'clean-up': { ms: 5, units: 0 },
  };
  return { execution, workers: 1, rows, cpuMs: scan + publish, peakMb: 150, ms: scan + publish + 20, steps };
}

const factor = (predicted: number, actual: number) => Math.max(predicted / actual, actual / predicted);

describe('predictCost', () => {
  test('built-in rates: start and units, which further workers share in part', () => {
    const predicted = predictCost(names, cost, [], units, 1);
    expect(predicted).toMatchObject({ steps: { scan: 2100, publish: 20, 'clean-up': 8 }, memoryMb: 101, basis: [] });
    expect(predictCost(names, cost, [], units, 3)?.steps.scan).toBe(1100);
    // A factor of two either way: nothing is known of this machine.
    expect(predicted!.ms / predicted!.fromMs).toBeCloseTo(2, 1);
  });

  test('there are never more distinct things than rows', () => {
    expect(predictCost(names, cost, [], { rows: 10, videos: 1_000_000 }, 1)?.steps.publish).toBe(10);
  });

  test('a tiny run says what beginning takes, and nothing of rates', () => {
    // What the demo leaves: a step that took 7 ms for one unit, and a plan that expects thousands of it at most.
    const tiny = pastRun(2, 30, 1);
    const demo = { ...tiny, steps: { ...tiny.steps, publish: { ms: 7, units: 1 } } };
    const predicted = predictCost(names, cost, [demo], { rows: 300_000, videos: 9_400 }, 1)!;
    expect(factor(predicted.ms, 100 + 600 + 10 + 94 + 20)).toBeLessThan(2);
  });

  test('the rates of a machine that is ten times as slow are learnt from its runs, whoever else worked there', () => {
    const busy = pastRun(9, 200_000, 500, 60);
    const past = [busy, pastRun(8, 500_000, 900, 10), pastRun(7, 200_000, 500, 10), pastRun(6, 10, 5, 10)];
    const predicted = predictCost(names, cost, past, units, 1)!;
    expect(factor(predicted.ms, pastRun(0, 1_000_000, 1000, 10).ms)).toBeLessThan(1.5);
    expect(predicted.basis.map(({ execution }) => execution)).toEqual([9, 8, 7, 6]);
    // Runs with another number of workers count, as what they would have taken.
    const alone = predictCost(names, cost, past, units, 1)!;
    const three = predictCost(names, cost, past, units, 3)!;
    expect(alone.steps.scan / three.steps.scan).toBeGreaterThan(1.5);
  });

  test('a job without built-in rates takes what its runs took; without either nothing is said', () => {
    expect(predictCost(names, undefined, [], units, 1)).toBeUndefined();
    const runs = [pastRun(3, 1000, 10), pastRun(2, 1000, 10), pastRun(1, 1000, 10)];
    expect(factor(predictCost(names, undefined, runs, units, 1)!.ms, runs[0].ms)).toBeLessThan(1.1);
  });

  test('the daily job, on tiny, small and large dates after any history: within a factor of 2', () => {
    const stepNames = Object.keys(dailyCost.steps);
    const size = fc.double({ min: 0, max: 7, noNaN: true }).map((digits) => Math.round(10 ** digits));
    /** Up to a fourth more or less than the machine mostly takes: with its slowness below, less than a factor of 2. */
    const noise = fc.array(fc.double({ min: -0.25, max: 0.25, noNaN: true }), { minLength: 16, maxLength: 16 });
    const runOf = (rows: number, slow: number, noises: readonly number[]): PastRun => {
      const counted: Record<string, number> = {
        rows,
        videos: Math.min(20_000, rows),
        openViews: Math.round(rows / 100),
      };
      const steps: Record<string, { ms: number; units: number }> = {};
      stepNames.forEach((name, at) => {
        const { by, startMs, unitUs } = dailyCost.steps[name];
        // As settle reports it: most steps do not say what they have read.
        const reports =
          name === 'publish-statistics' ? counted.videos : name === 'resolve-windows' ? counted.openViews : 0;
        const ms = Math.round(slow * Math.exp(noises[at]) * (startMs + (counted[by] * unitUs) / 1000));
        steps[name] = { ms, units: by === 'rows' && name !== 'challenge-settlement' ? rows : reports };
      });
      const ms = Object.values(steps).reduce((sum, step) => sum + step.ms, 40);
      return { execution: 1, workers: 1, rows, cpuMs: ms / 2, peakMb: 200, ms, steps };
    };
    fc.assert(
      fc.property(
        fc.array(fc.record({ size, noise }), { maxLength: 12 }),
        size,
        // A machine that nothing is known of cannot be much unlike that of the built-in rates.
        fc.double({ min: -0.4, max: 0.4, noNaN: true }),
        (history, rows, slowness) => {
          const slow = Math.exp(slowness);
          const past = history.map((run) => runOf(run.size, slow, run.noise));
          const actual = runOf(rows, slow, Array(16).fill(0));
          const planned = { rows, videos: 20_000, openViews: Math.round(rows / 20) };
          const predicted = predictCost(stepNames, dailyCost, past, planned, 1)!;
          expect(factor(predicted.ms, actual.ms)).toBeLessThan(2);
          expect(predicted.fromMs).toBeLessThan(actual.ms);
          expect(predicted.toMs).toBeGreaterThan(actual.ms);
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('fitCost', () => {
  const prior = { startMs: 20, unitMs: 0.001 };

  test('is what was known, without observations', () => {
    const { startMs, unitMs } = fitCost(prior, []);
    expect([startMs, unitMs]).toEqual([expect.closeTo(20), expect.closeTo(0.001, 9)]);
  });

  test('finds start and rate from small and large runs, and is never negative or without bounds', () => {
    const seen = [1, 10, 1e5, 1e6, 3e6].map((units) => ({ units, ms: 80 + units * 0.004 }));
    const { startMs, unitMs } = fitCost(prior, [...seen, ...seen]);
    expect(startMs).toBeGreaterThan(65);
    expect(startMs).toBeLessThan(90);
    expect(unitMs).toBeGreaterThan(0.0035);
    expect(unitMs).toBeLessThan(0.0045);
    fc.assert(
      fc.property(
        fc.array(fc.record({ units: fc.nat(1e9), ms: fc.integer({ min: -1000, max: 1e9 }) }), { maxLength: 20 }),
        (observations) => {
          const fitted = fitCost(prior, observations);
          expect(fitted.startMs).toBeGreaterThanOrEqual(20 / 50.1);
          expect(fitted.startMs).toBeLessThanOrEqual(20 * 50.1);
          expect(fitted.unitMs).toBeGreaterThanOrEqual(0.001 / 50.1);
          expect(fitted.unitMs).toBeLessThanOrEqual(0.001 * 50.1);
        },
      ),
    );
  });
});
