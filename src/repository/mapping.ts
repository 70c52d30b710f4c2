/** Statements on settle_mapping: which tables of other programs are read under names of ours. */
import type { Executor } from '../database/database.ts';
import { type Row, toText } from '../database/values.ts';

const TABLE = 'settle_mapping';

export interface StoredMapping {
  /** The name of ours. */
  readonly table: string;
  /** Table and columns that stand behind it; as `mappingText` writes them. */
  readonly text: string;
  /** False while the view is being made, or after a process that made it died. */
  readonly isReady: boolean;
}

/** By name. Empty where nothing is mapped. */
export async function selectMappings(executor: Executor): Promise<StoredMapping[]> {
  return toStored(await executor(TABLE).orderBy('table_name').select('*'));
}

/** As `selectMappings`; none of them changes before the transaction ends. A shared lock: runs start side by side. */
export async function holdMappings(executor: Executor): Promise<StoredMapping[]> {
  return toStored(await executor(TABLE).orderBy('table_name').forShare().select('*'));
}

export async function saveMapping(executor: Executor, { table, text, isReady }: StoredMapping): Promise<void> {
  await executor(TABLE)
    .insert({ table_name: table, mapping: text, state: isReady ? 'READY' : 'CHANGING' })
    .onConflict('table_name')
    .merge();
}

export async function deleteMapping(executor: Executor, table: string): Promise<void> {
  await executor(TABLE).where({ table_name: table }).delete();
}

function toStored(rows: readonly Row[]): StoredMapping[] {
  return rows.map((row) => ({
    table: toText(row.table_name),
    text: toText(row.mapping),
    isReady: row.state === 'READY',
  }));
}
