/** Progress of a series of runs: the whole, and each run that is on its way. Bars on a terminal, log lines elsewhere. */
import type { Logger } from 'pino';
import type { ProgressSink } from '../../engine/progress.ts';
import { visibleLine } from '../../rules/visible-text.ts';
import { formatDuration, formatPercent } from '../output/format.ts';
import { barLayout } from '../output/progress-layout.ts';
import { ProgressState } from '../output/progress-state.ts';
import { stderrWriter } from '../output/writer.ts';

const PERIOD_MS = 5_000;
const REDRAW_MS = 200;

export interface SeriesProgress {
  /** The sink of a run that starts. */
  sinkOf(date: string): ProgressSink;
  ended(date: string): void;
  /** Ends the display and its timers. */
  end(): void;
}

/** A run on its way: its step, and how much of that is done. */
interface Running {
  readonly date: string;
  readonly step: string | undefined;
  readonly rowsDone: number;
  readonly rowsExpected: number | undefined;
}

export async function showSeries(
  logger: Logger,
  job: string,
  total: number,
  animate = stderrWriter.isTerminal,
): Promise<SeriesProgress> {
  const startedMs = Date.now();
  const states = new Map<string, ProgressState>();
  let done = 0;
  const running = (): Running[] =>
    [...states].map(([date, { steps }]) => {
      const track = [...steps.values()].at(-1);
      return { date, step: track?.step, rowsDone: track?.rowsDone ?? 0, rowsExpected: track?.rowsExpected };
    });
  const leftMs = () => (done === 0 ? undefined : ((Date.now() - startedMs) / done) * (total - done));
  const show = animate ? await bars(total) : undefined;
  const log = () => {
    const left = leftMs();
    const dates = running().map(({ date, step, rowsDone, rowsExpected }) =>
      [date, step, rowsExpected === undefined ? undefined : formatPercent(rowsDone, rowsExpected)]
        .filter((word) => word !== undefined)
        .join(' '),
    );
    logger.info(
      {
        job,
        done,
        of: total,
        percent: formatPercent(done, total),
        timeLeft: left && formatDuration(left),
        running: dates,
      },
      'progress of the series',
    );
  };
  const timer = show ? setInterval(() => show.draw(done, leftMs(), running()), REDRAW_MS) : setInterval(log, PERIOD_MS);
  timer.unref();
  return {
    sinkOf(date) {
      const state = new ProgressState();
      states.set(date, state);
      return (event) => {
        if (event.type !== 'job-started') state.apply(event, Date.now());
      };
    },
    ended(date) {
      states.delete(date);
      done++;
    },
    end() {
      clearInterval(timer);
      show?.end();
    },
  };
}

async function bars(total: number) {
  const { progressScreen } = await import('../output/progress-screen.ts');
  const layout = barLayout(process.stderr.columns);
  const screen = progressScreen('{name} [{bar}] {told}', layout.bar);
  const whole = screen.create(total, 0, { name: 'all dates'.padEnd(layout.name), told: '' });
  const shown = new Map<string, ReturnType<typeof screen.create>>();
  return {
    draw(done: number, leftMs: number | undefined, running: readonly Running[]) {
      const left = leftMs === undefined ? '' : `, ${formatDuration(leftMs)} left`;
      whole.update(done, { name: 'all dates'.padEnd(layout.name), told: `${done} of ${total}${left}` });
      for (const [date, bar] of shown) {
        if (running.some((one) => one.date === date)) continue;
        screen.remove(bar);
        shown.delete(date);
      }
      for (const { date, step, rowsDone, rowsExpected } of running) {
        const payload = { name: date.padEnd(layout.name), told: visibleLine(step ?? 'waits') };
        const size = Math.max(rowsExpected ?? 0, rowsDone, 1);
        const bar = shown.get(date) ?? screen.create(size, 0, payload);
        shown.set(date, bar);
        bar.setTotal(size);
        bar.update(rowsDone, payload);
      }
    },
    end: () => screen.stop(),
  };
}
