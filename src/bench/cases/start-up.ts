/** Case `start-up`: how long until settle says something, and until it knows that there is nothing to do. */
import type { BenchCase, CaseContext, Contender } from '../case.ts';
import { spreadOf } from '../summarise.ts';

/** Starts an attempt: one alone says little. */
const STARTS = 5;
const ROWS = 10_000;
const DAY_MS = 86_400_000;

export const startUpCase: BenchCase = {
  name: 'start-up',
  title: 'Starting',
  description:
    `Milliseconds of a process, the median of ${STARTS} starts an attempt: to the first output of --help, and to the end ` +
    'of a run that finds nothing to do. node alone is the limit.',
  needsData: false,
  unit: 'starts',
  ratios: [],
  figures: [
    { name: 'firstOutput', label: 'first output', unit: 'ms', of: ['settle-help'], atMost: 100 },
    { name: 'end', label: 'to its end', unit: 'ms', of: ['settle-complete', 'settle-no-rows'], atMost: 300 },
    { name: 'end', label: 'to its end', unit: 'ms', of: ['node'] },
  ],
  async contenders(context) {
    const spec = { ...context.spec, rows: ROWS, videos: 100 };
    const { database } = await context.openData('startup', spec);
    await context.runSettle(['--date', spec.date], { database });
    // Far from the date of the rows: the map of the log tells that there are none.
    const elsewhere = new Date(Date.parse(spec.date) - 100 * DAY_MS).toISOString().slice(0, 10);
    await context.runSettle(['--date', elsewhere], { database });
    return [
      starting('node', 'node, an empty program', 'limit', () => context.runProcess(process.execPath, ['-e', '0'])),
      starting('settle-help', 'settle --help', 'settle', () => context.runSettle(['--help'], { database })),
      starting('settle-complete', 'settle, a date already complete', 'settle', () =>
        context.runSettle(['--date', spec.date], { database }),
      ),
      starting('settle-no-rows', 'settle, a date without rows, again', 'settle', () =>
        context.runSettle(['run', 'daily', '--date', elsewhere, '--rerun'], { database }),
      ),
    ];
  },
};

function starting(
  name: string,
  label: string,
  role: Contender['role'],
  start: () => ReturnType<CaseContext['runProcess']>,
): Contender {
  return {
    name,
    label,
    role,
    async run() {
      const outcomes: Awaited<ReturnType<typeof start>>[] = [];
      for (let i = 0; i < STARTS; i++) outcomes.push(await start());
      const seconds = spreadOf(outcomes.map(({ wallSeconds }) => wallSeconds))!.median;
      const firstOutput = spreadOf(outcomes.map(({ firstOutputMs }) => firstOutputMs))?.median;
      const figures = { end: seconds * 1000, ...(firstOutput === undefined ? {} : { firstOutput }) };
      return { seconds, rows: 1, figures };
    },
  };
}
