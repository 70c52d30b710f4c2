/** The records that an execution set aside, counted by reason and listed: what `settle skipped` shows. */
import type { Replacement, SetAsideReason, SetAsideRow } from '../engine/set-aside.ts';
import { listJobParameters } from '../repository/job-parameters.ts';
import { countSkipped, countWaitingByError, listSkipped, type StoredSkip } from '../repository/skipped.ts';
import type { JobExecution } from '../repository/types.ts';
import type { CommandContext } from './command-context.ts';

/** Reasons shown at most. */
const REASONS_MAX = 20;
/** Errors that are told apart by the database before what differs from line to line is taken out. */
const ERRORS_MAX = 2_000;

export interface SkippedView {
  readonly execution: number;
  readonly job: string;
  /** `correctIn` is a dash where it is the file's line that is wrong. */
  readonly reasons: readonly SetAsideReason[];
  /** Those that a domain keeps itself. */
  readonly rows: readonly SetAsideRow[];
  readonly records: readonly StoredSkip[];
  readonly total: number;
  /** A later execution whose records these are now. */
  readonly replacedBy: Replacement | undefined;
  /** The command that gives the records another try; undefined when none waits. */
  readonly next: string | undefined;
}

export async function readSkippedView(
  { database, registry }: Pick<CommandContext, 'database' | 'registry'>,
  execution: JobExecution,
  limit: number,
): Promise<SkippedView> {
  const { id, jobName } = execution;
  const { knex } = database;
  const stores = await registry.setAside();
  const parameters = await listJobParameters(database, id);
  const rows: SetAsideRow[] = [];
  const kept: SetAsideReason[] = [];
  let total = await countSkipped(knex, id);
  let later: Replacement | undefined;
  for (const store of stores) {
    rows.push(...(await store.list(database, id, limit - rows.length)));
    kept.push(...(await store.countByReason(database, id)));
    total += await store.count(database, id);
    later ??= await store.replacedBy(database, execution, parameters);
  }
  const records = await listSkipped(knex, id, { limit: Math.max(0, limit - rows.length) });
  const waiting = mergeAlike(await countWaitingByError(knex, id, ERRORS_MAX));
  const definition = await registry.jobNamed(jobName);
  const inputName = definition?.parameters.find(({ isInput }) => isInput)?.name;
  const file = parameters.find(({ name }) => name === inputName)?.value;
  const reasons = [
    ...kept,
    ...waiting.map(({ reason, rows: count }) => ({
      reason,
      rows: count,
      correctIn: file === undefined ? '-' : `${file}: correct the lines, or what they refer to`,
    })),
  ];
  return {
    execution: id,
    job: jobName,
    reasons: reasons.slice(0, REASONS_MAX),
    rows,
    records,
    total,
    replacedBy: later,
    next: reasons.length === 0 ? undefined : `settle replay ${id}`,
  };
}

/** Counts errors together that differ by a line number, a quoted value or a number only. */
function mergeAlike(errors: readonly { readonly error: string; readonly rows: number }[]) {
  const counts = new Map<string, number>();
  for (const { error, rows } of errors) {
    const alike = error
      .replace(/\bline \d+: /g, '')
      .replace(/"[^"]*"/g, '"..."')
      .replace(/-?\d+/g, 'N');
    counts.set(alike, (counts.get(alike) ?? 0) + rows);
  }
  return [...counts].map(([reason, rows]) => ({ reason, rows })).sort((a, b) => b.rows - a.rows);
}
