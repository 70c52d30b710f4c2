/** What a run has used of processor and memory so far, kept in the job's context for the cost model. */
import type { ExecutionContext } from './execution-context.ts';

/** Key in the job's context. */
export const USAGE = 'usage';

const KB_A_MB = 1024;
const US_A_MS = 1000;

export interface Usage {
  readonly workers: number;
  /** Milliseconds of processor of all threads, the server's not included. */
  readonly cpuMs: number;
  /** Peak of the resident memory since the process started, in MB. */
  readonly peakMb: number;
}

/** Starts to measure; the function that it returns writes what was used since then into the context. */
export function measureUsage(workers: number): (jobContext: ExecutionContext) => void {
  const start = process.cpuUsage();
  return (jobContext) => {
    const { user, system } = process.cpuUsage(start);
    const cpuMs = Math.round((user + system) / US_A_MS);
    const peakMb = Math.round(process.resourceUsage().maxRSS / KB_A_MB);
    jobContext.put(USAGE, { workers, cpuMs, peakMb });
  };
}
