/**
 * Measures all processes that some work starts, and theirs: peak memory by samples, CPU seconds by what the operating
 * system counts for children that have ended.
 */
import { endedChildrenCpuSeconds, sampleChildren } from './process-source.ts';

const SAMPLE_EVERY_MS = 100;

export interface TreeCost {
  /**
   * The most that they had together at one look, or one of them ever; pages that they share count in each. Undefined:
   * none was met.
   */
  readonly peakRssBytes: number | undefined;
  /** User and system. Exact on Linux once they have ended; elsewhere up to the last look. */
  readonly cpuSeconds: number | undefined;
}

/** Runs `work`, during which this process starts no others than those to be measured. Rejects as `work` does. */
export async function measureProcessTree<T>(work: () => Promise<T>): Promise<{ readonly result: T } & TreeCost> {
  const cpuBefore = endedChildrenCpuSeconds();
  let peak = 0;
  let cpuSampled: number | undefined;
  const timer = setInterval(() => {
    const { rssBytes, peakOfOneBytes, cpuSeconds } = sampleChildren();
    peak = Math.max(peak, rssBytes, peakOfOneBytes);
    if (cpuSeconds !== undefined) cpuSampled = Math.max(cpuSampled ?? 0, cpuSeconds);
  }, SAMPLE_EVERY_MS);
  try {
    const result = await work();
    const cpuAfter = endedChildrenCpuSeconds();
    const cpuSeconds = cpuBefore === undefined || cpuAfter === undefined ? cpuSampled : cpuAfter - cpuBefore;
    return { result, peakRssBytes: peak === 0 ? undefined : peak, cpuSeconds };
  } finally {
    clearInterval(timer);
  }
}
