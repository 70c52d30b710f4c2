/** `settle run --dry-run`: the ranges that a run would read, the rows expected in them, and in how many transactions. */
import type { JobDefinition } from '../engine/job.ts';
import { completedExecution, planJob, type StepPlan } from '../steps/plan-job.ts';
import type { CommandContext } from './context.ts';
import { type RunFlags, tellAlreadyComplete } from './execute-job.ts';
import { formatCount, formatNumbered } from './output/format.ts';
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
  if (completed !== undefined) tellAlreadyComplete(job.name, parameters.date, completed, 'a run would do nothing');
  const steps = await planJob(database, job, parameters, {
    workers: flags.workers ?? settings.workers,
    partitions: flags.partitions ?? settings.partitions,
    chunkSize: flags.chunk ?? settings.chunk,
    rerun: flags.rerun,
    signal: stopSignal(),
    logger,
  });
  if (flags.json) {
    const shown = steps.map((step) => ({ ...step, rowsExpected: rowsExpected(step), chunks: chunks(step) }));
    await print(formatJson({ job: job.name, parameters, completedBy: completed ?? null, steps: shown }));
  } else await print(steps.map(stepText).join(''));
}

function stepText(step: StepPlan): string {
  if (step.kind !== 'partitioned') return `${step.name}: one ${step.kind}\n`;
  const plan = step.frozen ? 'ranges frozen by an earlier execution' : 'planned now';
  const cost = `${formatNumbered(rowsExpected(step), 'row')} expected, ${formatNumbered(chunks(step), 'chunk transaction')}`;
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

function chunks(step: StepPlan): number {
  const { chunkSize } = step;
  if (typeof chunkSize !== 'number') return 0;
  return step.partitions.reduce((sum, part) => sum + Math.ceil(part.rowsExpected / chunkSize), 0);
}
