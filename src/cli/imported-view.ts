/** What an import did with the rows of its file, as `import` and `show` tell of it. */
import type { Database } from '../database/database.ts';
import type { ContextValue } from '../engine/execution-context.ts';
import { readTouchedDates, type TouchedDate } from '../jobs/import/touched-dates.ts';
import { writtenRowsIn } from '../jobs/import/written-rows.ts';
import { jobs } from '../jobs/index.ts';

export interface ImportedView {
  /** Rows that this execution wrote, passed over because they are there, and set aside. */
  readonly written: number;
  readonly alreadyThere: number;
  readonly setAside: number;
  /** Of views, by all executions of the file's import: ids written, both inside. */
  readonly ids?: { readonly first: bigint; readonly last: bigint };
  /** Zone of `dates`. */
  readonly zone?: string;
  /** Rows written by business date, and what is to be done about dates that are settled already. */
  readonly dates?: readonly TouchedDate[];
  /** Rows of dates beyond those of `dates`. */
  readonly furtherRows?: number;
  /** Rows without a time. */
  readonly undatedRows?: number;
}

interface CountedImport {
  readonly name: string;
  readonly writeCount: number;
  readonly filterCount: number;
  readonly readSkipCount: number;
  readonly processSkipCount: number;
  readonly writeSkipCount: number;
  readonly context: Readonly<Record<string, ContextValue>>;
}

/** Undefined for a job that imports nothing, and before its rows are written. */
export async function readImportedView(
  database: Database,
  jobName: string,
  steps: readonly CountedImport[],
): Promise<ImportedView | undefined> {
  if (!jobName.startsWith('import-')) return undefined;
  const counted = jobs.find(({ name }) => name === jobName)?.countedStep;
  const step = steps.find(({ name }) => name === counted);
  if (step === undefined) return undefined;
  const setAside = step.readSkipCount + step.processSkipCount + step.writeSkipCount;
  const counts = { written: step.writeCount, alreadyThere: step.filterCount, setAside };
  const written = writtenRowsIn(step.context);
  if (written?.firstId === undefined || written.lastId === undefined) return counts;
  const { firstId: first, lastId: last, zone, furtherRows, undatedRows } = written;
  const dates = await readTouchedDates(database, written);
  return { ...counts, ids: { first, last }, zone, dates, furtherRows, undatedRows };
}
