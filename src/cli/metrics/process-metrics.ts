/** What this process has done since it started, as Prometheus has it: of its runs, or of a worker's partitions. */
import { Counter, Gauge, Histogram, type Registry } from '@prometheus-io/client';
import { listenToMeasures, type Measure, partitionEnds } from '../../engine/measure.ts';

const CHUNK_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const KINDS = ['run', 'partition'] as const;

/**
 * Counts from now on, until it is closed.
 * @param isWorker with what only a worker does
 */
export function measureProcess(registry: Registry, { isWorker = false } = {}): { close(): void } {
  const registers = [registry];
  const chunks = new Histogram({
    name: 'settle_chunk_seconds',
    help: 'Seconds of a chunk, from the start of its reading to its commit, by job and step.',
    labelNames: ['job_name', 'name'],
    buckets: CHUNK_SECONDS,
    registers,
  });
  const retries = new Counter({
    name: 'settle_retries_total',
    help: 'Times that something which had failed was tried again by itself.',
    labelNames: ['job_name'],
    registers,
  });
  const takeovers = new Counter({
    name: 'settle_takeovers_total',
    help: 'Runs and partitions that were gone on with here because their owner was dead.',
    labelNames: ['job_name', 'kind'],
    registers,
  });
  const lost = new Counter({
    name: 'settle_lease_lost_total',
    help: 'Runs and partitions that this process lost while it was at them: it was paused or cut off for too long.',
    labelNames: ['job_name', 'kind'],
    registers,
  });
  const worker = isWorker ? workerMetrics(registers) : undefined;
  /** A counter that appears with its first event has no increase. */
  const begin = (job_name: string) => {
    retries.inc({ job_name }, 0);
    for (const kind of KINDS) for (const counter of [takeovers, lost]) counter.inc({ job_name, kind }, 0);
  };
  const close = listenToMeasures((measure: Measure) => {
    const job_name = measure.job;
    if (measure.type === 'begun') begin(job_name);
    else if (measure.type === 'chunk') chunks.observe({ job_name, name: measure.step }, measure.seconds);
    else if (measure.type === 'retried') retries.inc({ job_name });
    else if (measure.type === 'taken-over') takeovers.inc({ job_name, kind: measure.what });
    else if (measure.type === 'lost') lost.inc({ job_name, kind: measure.what });
    else worker?.note(measure);
  });
  return { close };
}

function workerMetrics(registers: Registry[]): {
  note(measure: Extract<Measure, { type: 'taken' | 'ended' }>): void;
} {
  const active = new Gauge({
    name: 'settle_worker_active_partitions',
    help: 'Partitions that this worker has now.',
    registers,
  });
  const partitions = new Counter({
    name: 'settle_worker_partitions_total',
    help: 'Partitions by how the work of this worker on them ended: completed, failed, given_back, lost.',
    labelNames: ['job_name', 'name', 'outcome'],
    registers,
  });
  return {
    note(measure) {
      const labels = { job_name: measure.job, name: measure.step };
      if (measure.type === 'taken') {
        active.inc();
        for (const outcome of partitionEnds) partitions.inc({ ...labels, outcome }, 0);
      } else {
        active.dec();
        partitions.inc({ ...labels, outcome: measure.outcome });
      }
    },
  };
}
