/** What `settle migrate` looks at before it makes a table: whether another one has the name already. */
import type { Database } from '../database/database.ts';
import type { WantedColumns } from '../database/wanted-column.ts';
import { fitsKind, kindNoun } from '../database/wanted-column.ts';
import { ExitCode, SettleError } from '../errors.ts';

/**
 * A table that the platform's programs fill may be there before settle; one of its name that is something else is not taken
 * for it.
 * @param pending names of migrations; `NNNN_TABLE` makes a table
 * @throws SettleError TABLE_UNFIT (exit 2), before anything is made
 */
export async function requireFitTables(
  { dialect, knex }: Database,
  pending: readonly string[],
  tables: Readonly<Record<string, WantedColumns>>,
): Promise<void> {
  const made = new Set(pending.map((name) => name.replace(/^\d+_/, '')));
  for (const [table, wanted] of Object.entries(tables)) {
    if (!made.has(table)) continue;
    const there = await dialect.inspect.columns(knex, table);
    if (there.length === 0) continue;
    for (const [name, kind] of Object.entries(wanted)) {
      const column = there.find((one) => one.name.toLowerCase() === name);
      if (column === undefined) throw unfit(table, `it has no column ${name}`);
      if (!fitsKind(dialect.name, kind, column.type)) {
        throw unfit(table, `its ${name} is ${column.type.toUpperCase()}, and must be ${kindNoun[kind]}`);
      }
    }
  }
}

function unfit(table: string, why: string): SettleError {
  return new SettleError(
    'TABLE_UNFIT',
    ExitCode.usage,
    `there is a table ${table} already that is not the one which settle reads: ${why}. Nothing was made`,
    {
      hint: 'rename it, and say in the config file by which names settle reads the platform’s tables (docs/operations.md)',
    },
  );
}
