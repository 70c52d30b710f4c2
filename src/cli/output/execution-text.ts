/** One execution as text for people: what `settle show` prints, and the shorter summary at the end of a run. Pure. */
import type { ExecutionDescription } from '../../engine/describe-execution.ts';
import type { ContextValue } from '../../engine/execution-context.ts';
import { visibleLine } from '../../rules/visible-text.ts';
import type { ContextView, ExecutionView, PartitionView, StepView } from '../execution-view.ts';
import { formatCount, formatDuration, formatInstant, formatPercent, formatRate } from './format.ts';
import { exactNumber } from './json.ts';
import { livePairs } from './live-text.ts';
import { formatPairs, formatTable } from './table.ts';

/** Header, parameters, verdicts, steps with their partitions, and what to do next. */
export function executionText(view: ExecutionView, description: ExecutionDescription): string {
  const parameters = Object.entries(view.parameters);
  return [
    formatPairs([
      ['execution', `${view.id} (instance ${view.instanceId})`],
      ['job', view.job],
      ['status', statusText(view)],
      ['started', `${formatInstant(view.startTime)} UTC`],
      ['duration', durationText(view)],
      ['rows', rowsText(view)],
      ...livePairs(view.live),
    ]),
    parameters.length === 0 ? '' : `\nparameters\n${indent(formatPairs(parameters))}`,
    verdictsText(view),
    blocksText(description),
    view.steps.length === 0 ? '' : `\nsteps\n${indent(stepsTable(view.steps))}`,
    ...view.steps.map((step) => partitionsText(step)),
    contextText('context of the job', view.context, description),
    ...view.steps.map((step) => contextText(`context of ${step.name}`, step.context, description)),
    nextText(view),
  ].join('');
}

/** What a run says at its end. */
export function summaryText(
  view: ExecutionView,
  description: ExecutionDescription,
  businessDate: string | undefined,
): string {
  const subject = visibleLine([view.job, businessDate].filter((word) => word !== undefined).join(' '));
  const head = `${subject}: ${view.status} in ${durationText(view)}, ${rowsText(view)} (execution ${view.id})\n`;
  const lines = (description.lines ?? []).map((line) => `  ${line}\n`).join('');
  return [head, lines, verdictsText(view), blocksText(description), nextText(view)].join('');
}

function statusText(view: Pick<ExecutionView, 'status' | 'exitMessage'>): string {
  const failed = view.status !== 'COMPLETED' && view.exitMessage !== '';
  return failed ? `${view.status} - ${view.exitMessage.split('\n')[0]}` : view.status;
}

function durationText(view: ExecutionView): string {
  return view.durationMs === undefined ? '-' : formatDuration(view.durationMs);
}

function rowsText(view: ExecutionView): string {
  const rate = view.durationMs === undefined ? '-' : formatRate(view.rows, view.durationMs);
  return rate === '-' ? `${formatCount(view.rows)} rows` : `${formatCount(view.rows)} rows, ${rate} rows/s`;
}

/** `read` last, below what it is the sum of. */
function verdictsText(view: ExecutionView): string {
  const { read, ...verdicts } = view.verdicts;
  const before = view.verdictsBefore;
  const hasBefore = Object.keys(before).length > 0;
  const cells = (verdict: string, count: number | bigint) => [
    verdict,
    formatCount(count),
    ...(hasBefore ? [before[verdict] === undefined ? '-' : formatCount(before[verdict])] : []),
  ];
  const lines = Object.entries(verdicts).map(([verdict, count]) => cells(verdict, count));
  if (read !== undefined) lines.push(cells('read', read));
  if (lines.length === 0) return '';
  const right = ['rows', ...(hasBefore ? ['before'] : [])].map((header) => ({ header, align: 'right' as const }));
  return `\n${indent(formatTable([{ header: 'verdict' }, ...right], lines))}`;
}

/** What the job tells under titles of its own. */
function blocksText({ blocks = [] }: ExecutionDescription): string {
  return blocks
    .filter(({ lines }) => lines.length > 0)
    .map(({ title, lines }) => `\n${title}\n${indent(lines.map((line) => `${line}\n`).join(''))}`)
    .join('');
}

const COUNT_COLUMNS = ['read', 'written', 'filtered', 'skipped', 'commits', 'rollbacks', 'rows/s', 'duration'].map(
  (header) => ({ header, align: 'right' as const }),
);

function stepsTable(steps: readonly StepView[]): string {
  return formatTable(
    [{ header: 'step' }, { header: 'status' }, ...COUNT_COLUMNS],
    steps.map((step) => [
      step.name,
      step.status,
      formatCount(step.readCount),
      formatCount(step.writeCount),
      formatCount(step.filterCount),
      formatCount(step.readSkipCount + step.processSkipCount + step.writeSkipCount),
      formatCount(step.commitCount),
      formatCount(step.rollbackCount),
      step.durationMs === undefined ? '-' : formatRate(step.readCount, step.durationMs),
      step.durationMs === undefined ? '-' : formatDuration(step.durationMs),
    ]),
  );
}

function partitionsText(step: StepView): string {
  if (step.partitions.length === 0) return '';
  const others = step.partitionsPlanned - step.partitions.length;
  const note = others > 0 ? `, ${step.partitions.length} of ${step.partitionsPlanned} in this execution` : '';
  const right = ['ids from', 'to', 'rows', 'rows/s', 'done', 'duration'].map((header) => ({
    header,
    align: 'right' as const,
  }));
  const hasWorkers = step.partitions.some(({ worker }) => worker !== undefined);
  const ofWorkers = hasWorkers ? [{ header: 'host' }, { header: 'epoch', align: 'right' as const }] : [];
  const table = formatTable(
    [{ header: '#', align: 'right' }, { header: 'status' }, ...right, ...ofWorkers],
    step.partitions.map((part) => [...partitionRow(part), ...(hasWorkers ? workerCells(part) : [])]),
  );
  return `\npartitions of ${step.name}${note}\n${indent(table)}`;
}

function partitionRow(part: PartitionView): string[] {
  return [
    String(part.partition),
    part.status,
    part.minId === undefined ? '-' : String(part.minId),
    part.maxId === undefined ? '-' : String(part.maxId),
    formatCount(part.readCount),
    part.durationMs === undefined ? '-' : formatRate(part.readCount, part.durationMs),
    part.status === 'COMPLETED' ? '100 %' : formatPercent(part.rowsDone, part.rowsExpected),
    part.durationMs === undefined ? '-' : formatDuration(part.durationMs),
  ];
}

function workerCells({ worker }: PartitionView): string[] {
  return worker === undefined ? ['-', '-'] : [worker.host, `${worker.epoch} (attempt ${worker.attempts})`];
}

/** Of a value in a context, for one line; `--json` has it whole. */
const VALUE_LENGTH_MAX = 80;

/** What every context has says nothing of this run. */
const EVERY_CONTEXT = 'batch.version';

function contextText(title: string, context: ContextView, { contextKeys = [] }: ExecutionDescription): string {
  const pairs = Object.entries(context)
    .filter(([key]) => key !== EVERY_CONTEXT && !contextKeys.includes(key))
    .map(([key, value]) => [key, shortValue(value)] as const);
  return pairs.length === 0 ? '' : `\n${title}\n${indent(formatPairs(pairs))}`;
}

function shortValue(value: ContextValue): string {
  const exact = (_key: string, item: unknown) => (typeof item === 'bigint' ? exactNumber(item) : item);
  const text = typeof value === 'object' ? JSON.stringify(value, exact) : String(value);
  const line = text.replace(/\s+/g, ' ');
  return line.length <= VALUE_LENGTH_MAX ? line : `${line.slice(0, VALUE_LENGTH_MAX)}... (${text.length} characters)`;
}

function nextText(view: ExecutionView): string {
  return view.next.length === 0 ? '' : `\nnext\n${view.next.map((command) => `  ${visibleLine(command)}\n`).join('')}`;
}

function indent(text: string): string {
  return text.replace(/^(?=.)/gm, '  ');
}
