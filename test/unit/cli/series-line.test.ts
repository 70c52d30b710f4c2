import { expect, test } from 'vitest';
import { type SeriesLine, type SeriesOutcome, seriesExitCode } from '../../../src/cli/series/series-line.ts';

const line = (outcome: SeriesOutcome, exitCode = 0): SeriesLine => ({ date: '2026-11-20', outcome, exitCode });

test.each<[string, SeriesLine[], number | undefined, number]>([
  ['all complete', [line('completed'), line('already-complete')], undefined, 0],
  ['nothing to do', [], undefined, 0],
  ['skipped records', [line('completed'), line('completed-with-skips', 3)], undefined, 3],
  ['rows arrived since', [line('outdated', 4), line('completed-with-skips', 3)], undefined, 4],
  ['a failure, and what it holds up', [line('failed', 1), line('held-up', 1)], undefined, 1],
  ['a broken invariant beside a failure', [line('failed', 1), line('failed', 20)], undefined, 20],
  ['a failure that no retry helps', [line('failed', 2), line('failed', 1)], undefined, 2],
  ['stopped by a signal', [line('completed'), line('stopped', 143), line('not-started', 1)], 130, 130],
  ['a signal that came when all was done', [line('completed')], 143, 0],
  ['one date stopped by `settle stop`', [line('stopped', 143), line('held-up', 1)], undefined, 143],
])('%s', (_name, lines, stoppedBy, expected) => {
  expect(seriesExitCode(lines, stoppedBy)).toBe(expected);
});
