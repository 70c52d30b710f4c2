/** Chooses how progress is shown: bars on a terminal, log lines elsewhere. stdout stays free for data. */
import type { Logger } from 'pino';
import type { ProgressDisplay } from './progress-display.ts';
import { stderrWriter } from './writer.ts';

/** `animate` false: log lines even on a terminal. */
export async function showProgress(logger: Logger, animate = stderrWriter.isTerminal): Promise<ProgressDisplay> {
  if (animate) return (await import('./progress-bars.ts')).progressBars();
  return (await import('./progress-lines.ts')).progressLines(logger);
}
