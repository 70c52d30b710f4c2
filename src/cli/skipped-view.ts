/** The records that an execution set aside, counted by reason and listed: what `settle skipped` shows. */
import type { Database } from '../database/database.ts';
import { quarantineAdvice } from '../jobs/views/statistics/quarantine-advice.ts';
import {
  countQuarantine,
  countQuarantineByReason,
  type QuarantinedRow,
  readQuarantine,
  replacedBy,
} from '../jobs/views/statistics/read-quarantine.ts';
import { listJobParameters } from '../repository/job-parameters.ts';
import { countSkipped, countWaitingByError, listSkipped, type StoredSkip } from '../repository/skipped.ts';
import type { JobExecution } from '../repository/types.ts';

/** Reasons shown at most. */
const REASONS_MAX = 20;
/** Errors that are told apart by the database before what differs from line to line is taken out. */
const ERRORS_MAX = 2_000;

export interface SkipReason {
  readonly reason: string;
  readonly rows: number;
  /** Table and column, and what to do there; a dash where it is the file's line that is wrong. */
  readonly correctIn: string;
}

export interface SkippedView {
  readonly execution: number;
  readonly job: string;
  readonly reasons: readonly SkipReason[];
  readonly rows: readonly QuarantinedRow[];
  readonly records: readonly StoredSkip[];
  readonly total: number;
  /** A later execution that computed the same date again, whose records these are now. */
  readonly replacedBy: { readonly execution: number; readonly date: string } | undefined;
  /** The command that gives the records another try; undefined when none waits. */
  readonly next: string | undefined;
}

export async function readSkippedView(
  database: Database,
  { id, jobName }: JobExecution,
  limit: number,
): Promise<SkippedView> {
  const { knex } = database;
  const parameters = await listJobParameters(database, id);
  const given = (wanted: string) => parameters.find(({ name }) => name === wanted)?.value;
  const date = given('date');
  const later = jobName === 'daily' && date !== undefined ? await replacedBy(database, id, date) : undefined;
  const rows = await readQuarantine(database, id, { limit });
  const records = await listSkipped(knex, id, { limit: Math.max(0, limit - rows.length) });
  const quarantined = await countQuarantineByReason(database, id);
  const waiting = mergeAlike(await countWaitingByError(knex, id, ERRORS_MAX));
  const file = given('file');
  const reasons = [
    ...quarantined.map(({ reason, rows: count }) => ({ reason, rows: count, correctIn: quarantineAdvice(reason) })),
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
    total: (await countQuarantine(database, id)) + (await countSkipped(knex, id)),
    replacedBy: later === undefined || date === undefined ? undefined : { execution: later, date },
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
