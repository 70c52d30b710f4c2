/** The bars of a run, or of a series of runs, on a terminal. */
import { MultiBar } from 'cli-progress';

/** @param format of a line; `barSize` in columns, see progress-layout.ts */
export function progressScreen(format: string, barSize: number): MultiBar {
  // A terminal that is gone is no reason to end the run.
  process.stderr.on('error', () => {});
  return new MultiBar({
    format,
    stream: process.stderr,
    barCompleteChar: '#',
    barIncompleteChar: '.',
    barsize: barSize,
    hideCursor: true,
    clearOnComplete: true,
    stopOnComplete: false,
    fps: 10,
  });
}
