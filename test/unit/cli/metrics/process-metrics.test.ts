/** What a process tells Prometheus of its own work: each event once, under names of jobs and steps alone. */
import { Registry } from '@prometheus-io/client';
import { expect, test } from 'vitest';
import { measureProcess } from '../../../../src/cli/metrics/process-metrics.ts';
import { partitionEnds, tellMeasure } from '../../../../src/engine/measure.ts';

test('events are counted where they belong until it is closed; counters stand at 0 before their first', async () => {
  const registry = new Registry();
  const measured = measureProcess(registry, { isWorker: true });
  const series = async () => (await registry.metrics()).split('\n').filter((line) => /^settle/.test(line));
  const [job, step] = ['nightly', 'read'];
  tellMeasure({ type: 'begun', job });
  expect(await series()).toEqual([
    'settle_retries_total{job_name="nightly"} 0',
    'settle_takeovers_total{job_name="nightly",kind="run"} 0',
    'settle_takeovers_total{job_name="nightly",kind="partition"} 0',
    'settle_lease_lost_total{job_name="nightly",kind="run"} 0',
    'settle_lease_lost_total{job_name="nightly",kind="partition"} 0',
    'settle_worker_active_partitions 0',
  ]);
  for (const seconds of [0.002, 0.3, 40]) tellMeasure({ type: 'chunk', job, step, seconds });
  tellMeasure({ type: 'retried', job });
  tellMeasure({ type: 'taken-over', job, what: 'run' });
  tellMeasure({ type: 'lost', job, what: 'partition' });
  for (let taken = 0; taken < 5; taken++) tellMeasure({ type: 'taken', job, step });
  for (const outcome of partitionEnds) tellMeasure({ type: 'ended', job, step, outcome });
  const after = await series();
  measured.close();
  for (const [bound, count] of [
    ['0.005', 1],
    ['0.25', 1],
    ['0.5', 2],
    ['30', 2],
    ['+Inf', 3],
  ])
    expect(after).toContain(`settle_chunk_seconds_bucket{le="${bound}",job_name="nightly",name="read"} ${count}`);
  expect(after).toContain('settle_retries_total{job_name="nightly"} 1');
  expect(after).toContain('settle_takeovers_total{job_name="nightly",kind="run"} 1');
  expect(after).toContain('settle_takeovers_total{job_name="nightly",kind="partition"} 0');
  expect(after).toContain('settle_lease_lost_total{job_name="nightly",kind="partition"} 1');
  expect(after).toContain('settle_worker_active_partitions 1');
  for (const outcome of partitionEnds)
    expect(after).toContain(`settle_worker_partitions_total{job_name="nightly",name="read",outcome="${outcome}"} 1`);
  tellMeasure({ type: 'retried', job });
  expect(await series()).toEqual(after);
});
