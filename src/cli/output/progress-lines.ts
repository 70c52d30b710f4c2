/** Progress off a terminal: one log line for each running step, every 5 seconds. */
import type { Logger } from 'pino';
import { formatDuration, formatPercent } from './format.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { ProgressState, rateOf, timeLeftMs } from './progress-state.ts';

const PERIOD_MS = 5_000;

export function progressLines(logger: Logger, periodMs = PERIOD_MS): ProgressDisplay {
  const state = new ProgressState();
  let log = logger;
  const timer = setInterval(() => {
    const now = Date.now();
    for (const track of state.steps.values()) {
      const left = timeLeftMs(track, now);
      log.info(
        {
          step: track.step,
          rows: track.rowsDone,
          rowsExpected: track.rowsExpected,
          rowsPerSecond: Math.round(rateOf(track, now)),
          percent: formatPercent(track.rowsDone, track.rowsExpected),
          timeLeft: left === undefined ? undefined : formatDuration(left),
          partitionsRunning:
            [...state.partitions.values()].filter((one) => one.step === track.step).length || undefined,
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
