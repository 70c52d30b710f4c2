/**
 * Tables that other programs fill, column by column: is each there, with a type that can hold what settle reads?
 * Names are told apart as databases do it, without regard to case; other columns are nobody's business but import's.
 */
import type { DialectName } from '../../database/dialect.ts';
import type { ColumnFacts } from '../../database/inspect.ts';
import { type ColumnKind, fitsKind, kindExample, kindNoun, type WantedColumns } from '../../database/wanted-column.ts';
import { type Check, type Finding, misconfigured, pass, warn } from '../check.ts';

const DIGITS_WANTED = 3;

export const columnsCheck: Check = {
  name: 'columns',
  needsSchema: true,
  readsMapped: true,
  async run({ database: { dialect, knex }, domains = [] }) {
    const findings: Finding[] = [];
    const tables = domains.flatMap(({ columns = {}, imprecision }) =>
      Object.entries(columns).map(([table, wanted]) => ({ table, wanted, imprecision })),
    );
    if (tables.length === 0) return [];
    for (const { table, wanted, imprecision } of tables) {
      const there = await dialect.inspect.columns(knex, table);
      // Or one without any privilege, which another check names.
      if (there.length === 0) {
        findings.push(
          misconfigured(
            `there is no table ${table} that the user may see`,
            'does the database URL name the platform’s database? One that was removed comes back from a backup',
          ),
        );
        continue;
      }
      for (const [name, kind] of Object.entries(wanted)) {
        findings.push(...examineColumn(table, name, kind, findColumn(there, name), dialect.name, imprecision));
      }
      findings.push(...examineOthers(table, wanted, there));
    }
    return findings.length > 0
      ? findings
      : pass(`${tables.map(({ table }) => table).join(', ')} have the columns that runs read`);
  },
};

function examineColumn(
  table: string,
  name: string,
  kind: ColumnKind,
  column: ColumnFacts | undefined,
  dialect: DialectName,
  imprecision: string | undefined,
): Finding[] {
  if (column === undefined) {
    return [misconfigured(`${table} has no column ${name}`, `add it: settle reads it as ${kindNoun[kind]}`)];
  }
  if (!fitsKind(dialect, kind, column.type)) {
    return [
      misconfigured(
        `${table}.${name} is ${column.type.toUpperCase()}, and must be ${kindNoun[kind]}`,
        `ALTER TABLE ${table} MODIFY ${name} ${kindExample[kind]}, after looking at the values that do not fit; or a view with a CAST`,
      ),
    ];
  }
  // SQLite keeps the text as it is, whatever the column is called.
  const digits = dialect !== 'sqlite' && /^(?:datetime|timestamp)(?:\((\d)\))?$/.exec(column.type);
  if (!digits || Number(digits[1] ?? 0) >= DIGITS_WANTED) return [];
  return [
    warn(
      `${table}.${name} is ${column.type.toUpperCase()}: its precision is below a millisecond’s`,
      `${imprecision === undefined ? '' : `${imprecision}; `}ALTER TABLE ${table} MODIFY ${name} DATETIME(3)`,
    ),
  ];
}

/** What an INSERT of the columns that settle knows would leave empty. */
function examineOthers(table: string, wanted: WantedColumns, there: readonly ColumnFacts[]): Finding[] {
  const unfilled = there
    .filter((column) => !(column.name.toLowerCase() in wanted) && !column.isNullable && !column.hasDefault)
    .map(({ name }) => name);
  if (unfilled.length === 0) return [];
  return [
    warn(
      `runs are right, but import and seed cannot write ${table}: ${unfilled.join(', ')} may not be NULL and has no default`,
      `give it a default where settle imports: ALTER TABLE ${table} ALTER ${unfilled[0]} SET DEFAULT ...`,
    ),
  ];
}

function findColumn(columns: readonly ColumnFacts[], name: string): ColumnFacts | undefined {
  return columns.find((column) => column.name.toLowerCase() === name);
}
