/** Progress off a terminal: one log line for each running step, every 5 seconds. */
import type { Logger } from 'pino';
import { formatDuration, formatPercent } from './format.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { ProgressState, rateOf, type Track, timeLeftMs } from './progress-state.ts';

const PERIOD_MS = 5_000;

export function progressLines(logger: Logger, periodMs = PERIOD_MS): ProgressDisplay {
  const state = new ProgressState();
  let log = logger;
  const timer = setInterval(() => {
    const now = Date.now();
    for (const track of state.steps.values()) {
      const running = [...state.partitions.values()].filter((one) => one.step === track.step);
      const left = timeLeftMs(track, now);
      log.info(
        {
          step: track.step,
          rows: track.rowsDone,
          rowsExpected: track.rowsExpected,
          rowsPerSecond: Math.round(rateOf(track, now)),
          percent: formatPercent(track.rowsDone, track.rowsExpected),
          timeLeft: left === undefined ? undefined : formatDuration(left),
          partitionsRunning: running.length || undefined,
          hosts: partitionsByHost(running),
        },
        'progress',
      );
    }
  }, periodMs);
  timer.unref();
  return {
    sink(event) {
      if (event.type !== 'job-started') return state.apply(event, Date.now());
      const { type: _type, ...fields } = event;
      log = logger.child(fields);
    },
    end: () => clearInterval(timer),
  };
}

/** Partitions that are being worked on, by host; undefined where the run's own threads do all of it. */
function partitionsByHost(running: readonly Track[]): Readonly<Record<string, number>> | undefined {
  const hosts = running.flatMap(({ host }) => (host === undefined ? [] : [host]));
  if (hosts.length === 0) return undefined;
  return Object.fromEntries([...Map.groupBy(hosts, (host) => host)].map(([host, all]) => [host, all.length]));
}
