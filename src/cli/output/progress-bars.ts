/** Progress on a terminal: one bar for each running partition and one for the whole step. */
import type { SingleBar } from 'cli-progress';
import { formatCount, formatDuration } from './format.ts';
import type { ProgressDisplay } from './progress-display.ts';
import { barLayout, barName } from './progress-layout.ts';
import { progressScreen } from './progress-screen.ts';
import { ProgressState, rateOf, type Track, timeLeftMs } from './progress-state.ts';

const REDRAW_MS = 200;
/** More bars than this would not fit beside the rest of the screen; the whole step's bar counts all. */
const BARS_MAX = 16;

export function progressBars(): ProgressDisplay {
  const layout = barLayout(process.stderr.columns);
  const state = new ProgressState();
  const bars = new Map<string, SingleBar>();
  const screen = progressScreen('{name} [{bar}] {shownPercent}  {rows} rows  {rate} rows/s  {left}', layout.bar);

  const draw = (id: string, track: Track, now: number) => {
    const total = Math.max(track.rowsExpected ?? 0, track.rowsDone, 1);
    const left = timeLeftMs(track, now);
    const payload = {
      name: barName(track, layout.name).padEnd(layout.name),
      shownPercent:
        track.rowsExpected === undefined ? '    ' : `${Math.floor((track.rowsDone * 100) / total)} %`.padStart(5),
      rows: formatCount(track.rowsDone),
      rate: formatCount(Math.round(rateOf(track, now))),
      left: left === undefined ? '' : `${formatDuration(left)} left`,
    };
    const bar = bars.get(id) ?? screen.create(total, 0, payload);
    bars.set(id, bar);
    bar.setTotal(total);
    bar.update(track.rowsDone, payload);
  };
  const redraw = () => {
    const now = Date.now();
    const shown = new Map<string, Track>();
    for (const track of state.steps.values()) shown.set(`step ${track.step}`, track);
    for (const [id, track] of state.partitions) if (shown.size < BARS_MAX) shown.set(id, track);
    for (const [id, bar] of bars) {
      if (shown.has(id)) continue;
      screen.remove(bar);
      bars.delete(id);
    }
    for (const [id, track] of shown) draw(id, track, now);
  };
  const timer = setInterval(redraw, REDRAW_MS);
  timer.unref();
  return {
    sink: (event) => {
      if (event.type !== 'job-started') state.apply(event, Date.now());
    },
    end: () => {
      clearInterval(timer);
      screen.stop();
    },
  };
}
