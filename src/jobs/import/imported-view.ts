/** What an import did with the rows of its file, as `import` and `show` tell of it. */
import type { Database } from '../../database/database.ts';
import type { DescribedStep } from '../../engine/describe-execution.ts';
import { readTouchedDates, type TouchedDate } from './touched-dates.ts';
import { writtenRowsIn } from './written-rows.ts';

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

/** By the step that writes the rows; the one before it only reads the file. */
export async function readImportedView(database: Database, writing: DescribedStep): Promise<ImportedView> {
  const setAside = writing.readSkipCount + writing.processSkipCount + writing.writeSkipCount;
  const counts = { written: writing.writeCount, alreadyThere: writing.filterCount, setAside };
  const written = writtenRowsIn(writing.context);
  if (written?.firstId === undefined || written.lastId === undefined) return counts;
  const { firstId: first, lastId: last, zone, furtherRows, undatedRows } = written;
  const dates = await readTouchedDates(database, written);
  return { ...counts, ids: { first, last }, zone, dates, furtherRows, undatedRows };
}
