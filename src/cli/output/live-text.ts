/** A run that is going on, as lines of `settle show`. Pure. */
import type { LiveView, WorkerView } from '../live-view.ts';
import { formatDuration, formatPercent } from './format.ts';

/** Name and value of each line; none for a run that has ended. */
export function livePairs(live: LiveView | undefined): [string, string][] {
  if (live === undefined) return [];
  const pairs: [string, string][] = [['owner', ownerText(live)]];
  if (live.step !== undefined) pairs.push(['step', live.step]);
  for (const worker of live.workers) pairs.push(['worker', workerText(worker)]);
  const { waitsFor, timeLeft } = live;
  if (waitsFor !== undefined) {
    const since = formatDuration(waitsFor.sinceMs);
    pairs.push(['waits', `${since} for ${waitsFor.step} behind execution ${waitsFor.execution}`]);
  }
  if (timeLeft !== undefined) pairs.push(['time left', `about ${formatDuration(timeLeft.ms)}, by ${timeLeft.by}`]);
  return pairs;
}

/** `process 123 on host, last heartbeat 2.0 s ago, lease ends in 28.0 s`. */
export function ownerText(live: LiveView): string {
  if (live.pid === undefined) return live.death ?? 'unknown';
  const state = !live.isAlive ? ' (dead)' : live.isPaused ? ' (paused by a signal)' : '';
  return `process ${live.pid} on ${live.host}${state}${leaseText(live)}`;
}

/** `process 124 on host-b, last heartbeat ..., lease ends in 28.0 s; partition 3 (41 %), 7 (epoch 2, attempt 2)`. */
export function workerText(worker: WorkerView): string {
  const state = worker.isAlive ? '' : ' (dead)';
  const who =
    worker.pid === undefined ? `on ${worker.host}${state}` : `process ${worker.pid} on ${worker.host}${state}`;
  const partitions = worker.partitions.map(({ partition, epoch, attempt, rowsDone, rowsExpected }) => {
    const notes = [
      ...(rowsDone === undefined ? [] : [formatPercent(rowsDone, rowsExpected).trim()]),
      ...(epoch > 1 ? [`epoch ${epoch}`, `attempt ${attempt}`] : []),
    ];
    return `${partition}${notes.length === 0 ? '' : ` (${notes.join(', ')})`}`;
  });
  const what = `${partitions.length === 1 ? 'partition' : 'partitions'} ${partitions.join(', ')}`;
  return `${who}${worker.pid === undefined ? '' : leaseText(worker)}; ${what}`;
}

function leaseText({ heartbeatAgoMs, leaseLeftMs }: Pick<LiveView, 'heartbeatAgoMs' | 'leaseLeftMs'>): string {
  const heartbeat =
    heartbeatAgoMs === undefined ? '' : `, last heartbeat ${formatDuration(Math.max(0, heartbeatAgoMs))} ago`;
  const left = leaseLeftMs ?? 0;
  const lease = left > 0 ? `, lease ends in ${formatDuration(left)}` : `, lease over for ${formatDuration(-left)}`;
  return `${heartbeat}${lease}`;
}
