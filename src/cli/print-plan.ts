/** `settle run --dry-run`: the ranges that a run would read, the rows expected in them, and what it would cost. */
import { availableParallelism } from 'node:os';
import { CHECKPOINT_MS } from '../engine/chunk-size.ts';
import { type Prediction, ROWS } from '../engine/cost.ts';
import type { JobDefinition } from '../engine/job.ts';
import { parseParameters } from '../engine/parse-parameters.ts';
import { completedExecution, planJob, type StepPlan } from '../steps/plan-job.ts';
import { plannedUnits, predictRun, unitOf } from '../steps/predict-cost.ts';
import type { CommandContext } from './command-context.ts';
import { type RunFlags, tellAlreadyComplete } from './execute-job.ts';
import { formatCount, formatDuration, formatNumbered } from './output/format.ts';
import { formatJson } from './output/json.ts';
import { print } from './output/stdout.ts';
import { formatTable } from './output/table.ts';
import { stopSignal } from './stop-signal.ts';

export async function printPlan(
  { database, settings, logger }: CommandContext,
  job: JobDefinition,
  parameters: Readonly<Record<string, string>>,
  flags: RunFlags,
): Promise<void> {
  const completed = await completedExecution(database, job, parameters, flags);
  if (completed !== undefined)
    tellAlreadyComplete(job.name, parseParameters(job, parameters).businessDate, completed, 'a run would do nothing');
  const workers = flags.workers ?? settings.workers ?? availableParallelism();
  const steps = await planJob(database, job, parameters, {
    workers,
    partitions: flags.partitions ?? settings.partitions,
    chunkSize: flags.chunk ?? settings.chunk,
    rerun: flags.rerun,
    signal: stopSignal(),
    logger,
  });
  const cost = await predictRun(database, job, steps, workers);
  if (flags.json) {
    const shown = steps.map((step) => {
      return {
        ...step,
        rowsExpected: plannedLater(job, steps, step)?.rows ?? rowsExpected(step),
        chunks: chunks(step, cost),
      };
    });
    const completedBy = completed ?? null;
    await print(formatJson({ job: job.name, parameters, completedBy, steps: shown, cost: costView(cost, workers) }));
    return;
  }
  const texts = steps.map((step) => stepText(step, cost, plannedLater(job, steps, step)));
  await print(texts.join('') + costText(cost, workers));
}

function costView(cost: Prediction | undefined, workers: number): object | null {
  if (cost === undefined) return null;
  const { ms, fromMs, toMs, cpuMs, memoryMb, basis, steps } = cost;
  const runs = basis.map(({ execution, rows }) => ({ execution, rows }));
  const from = runs.length === 0 ? 'built-in rates' : runs;
  const seconds = { seconds: ms / 1000, secondsFrom: fromMs / 1000, secondsTo: toMs / 1000 };
  return { ...seconds, cpuSeconds: cpuMs / 1000, memoryMb: Math.round(memoryMb), workers, basis: from, steps };
}

function costText(cost: Prediction | undefined, workers: number): string {
  if (cost === undefined) return 'cost: not known before a run of it has completed here\n';
  const { ms, fromMs, toMs, cpuMs, memoryMb, basis } = cost;
  const used = `${formatDuration(cpuMs)} of processor and ${formatCount(Math.round(memoryMb))} MB`;
  const range = `${formatDuration(fromMs)} to ${formatDuration(toMs)}`;
  return `cost: about ${formatDuration(ms)} (${range}), ${used} with ${formatNumbered(workers, 'worker')} (by ${basisText(basis)})\n`;
}

function basisText(basis: Prediction['basis']): string {
  if (basis.length === 0) return 'built-in rates: no run has completed here';
  const rows = basis.map((run) => run.rows);
  const [least, most] = [Math.min(...rows), Math.max(...rows)];
  const range =
    least === most ? formatNumbered(most, 'row') : `${formatCount(least)} to ${formatNumbered(most, 'row')}`;
  return `${formatNumbered(basis.length, 'earlier run')} of ${range}`;
}

/** Of a partitioned step that is planned by what the steps before it leave: what their plans say of it. */
function plannedLater(job: JobDefinition, steps: readonly StepPlan[], step: StepPlan): { rows?: number } | undefined {
  const unit = unitOf(job, step.name);
  if (step.kind !== 'partitioned' || step.frozen || step.partitions.length > 0 || unit === ROWS) return undefined;
  return { rows: plannedUnits(job, steps)[unit] };
}

function stepText(step: StepPlan, prediction: Prediction | undefined, later: { rows?: number } | undefined): string {
  if (step.kind !== 'partitioned') return `${step.name}: one ${step.kind}\n`;
  if (later !== undefined) {
    const rows = later.rows === undefined ? '' : `, about ${formatNumbered(later.rows, 'row')} expected`;
    return `${step.name}: planned when the steps before it have run${rows}\n`;
  }
  const plan = step.frozen ? 'ranges frozen by an earlier execution' : 'planned now';
  const cost = `${formatNumbered(rowsExpected(step), 'row')} expected, ${formatNumbered(chunks(step, prediction), 'chunk transaction')}`;
  const right = ['partition', 'ids from', 'to', 'rows expected'].map((header) => ({ header, align: 'right' as const }));
  const rows = step.partitions.map((part, index) => [
    String(index),
    String(part.minId),
    String(part.maxId),
    formatCount(part.rowsExpected),
    part.status ?? '',
  ]);
  return `${step.name}: ${formatNumbered(step.partitions.length, 'partition')} (${plan}), ${cost}\n${formatTable([...right, { header: '' }], rows)}`;
}

function rowsExpected(step: StepPlan): number {
  return step.partitions.reduce((sum, part) => sum + part.rowsExpected, 0);
}

/** Of a step that goes by time: one a second and worker, and at least one a partition. */
function chunks({ name, chunkSize, partitions }: StepPlan, cost: Prediction | undefined): number {
  if (chunkSize === undefined) return 0;
  if (typeof chunkSize === 'number') {
    return partitions.reduce((sum, part) => sum + Math.ceil(part.rowsExpected / chunkSize), 0);
  }
  return Math.max(partitions.length, Math.ceil(((cost?.steps[name] ?? 0) * (cost?.workers ?? 0)) / CHECKPOINT_MS));
}
