/**
 * The platform's tables, column by column (domain.md section 7): is each there, with a type that can hold what settle reads?
 * Names are told apart as databases do it, without regard to case; other columns are nobody's business but import's.
 */
import type { ColumnFacts } from '../../database/inspect.ts';
import { type Check, type Finding, misconfigured, pass, warn } from '../check.ts';

type Kind = 'integer' | 'time' | 'date' | 'text';

const TABLES: Readonly<Record<string, Readonly<Record<string, Kind>>>> = {
  view_log: {
    id: 'integer',
    video_id: 'integer',
    viewer_id: 'integer',
    viewed_at: 'time',
    play_seconds: 'integer',
    ad_views: 'integer',
  },
  video: { id: 'integer', creator_id: 'integer' },
  challenge: {
    id: 'integer',
    status: 'text',
    start_date: 'date',
    end_date: 'date',
    min_members: 'integer',
    stake: 'integer',
    threshold_percent: 'integer',
    fee_bp: 'integer',
    no_winner_policy: 'text',
  },
  challenge_member: {
    id: 'integer',
    challenge_id: 'integer',
    user_id: 'integer',
    stake: 'integer',
    joined_at: 'time',
    quit_at: 'time',
  },
  challenge_proof: { id: 'integer', challenge_id: 'integer', user_id: 'integer', proof_date: 'date' },
};

/** Types by which a server declares each kind. */
const SERVER_TYPES: Readonly<Record<Kind, RegExp>> = {
  integer: /^(tinyint|smallint|mediumint|int|bigint)\b/,
  time: /^(datetime|timestamp)\b/,
  date: /^date\b/,
  text: /^(var)?char\b|text\b|^enum\b/,
};
/** SQLite turns what goes into a column of these types into text. Its texts take every time and date; see times.ts. */
const SQLITE_TEXT = /char|clob|text/;
const DIGITS_WANTED = 3;

export const columnsCheck: Check = {
  name: 'columns',
  needsSchema: true,
  async run({ database: { dialect, knex } }) {
    const findings: Finding[] = [];
    for (const [table, wanted] of Object.entries(TABLES)) {
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
      const isTypeRight = dialect.name === 'sqlite' ? isRightOnSqlite : isRightOnServer;
      for (const [name, kind] of Object.entries(wanted)) {
        findings.push(...examineColumn(table, name, kind, findColumn(there, name), isTypeRight));
      }
      findings.push(...examineOthers(table, wanted, there));
    }
    return findings.length > 0 ? findings : pass(`${Object.keys(TABLES).join(', ')} have the columns that runs read`);
  },
};

function examineColumn(
  table: string,
  name: string,
  kind: Kind,
  column: ColumnFacts | undefined,
  isTypeRight: (kind: Kind, type: string) => boolean,
): Finding[] {
  if (column === undefined) {
    return [misconfigured(`${table} has no column ${name}`, `add it: settle reads it as ${NOUN[kind]}`)];
  }
  if (!isTypeRight(kind, column.type)) {
    return [
      misconfigured(
        `${table}.${name} is ${column.type.toUpperCase()}, and must be ${NOUN[kind]}`,
        `ALTER TABLE ${table} MODIFY ${name} ${EXAMPLE[kind]}, after looking at the values that do not fit; or a view with a CAST`,
      ),
    ];
  }
  // SQLite keeps the text as it is, whatever the column is called.
  const digits = isTypeRight === isRightOnServer && /^(?:datetime|timestamp)(?:\((\d)\))?$/.exec(column.type);
  if (!digits || Number(digits[1] ?? 0) >= DIGITS_WANTED) return [];
  return [
    warn(
      `${table}.${name} is ${column.type.toUpperCase()}: its precision is below a millisecond’s`,
      `views 29.6 s apart may count as 30 s apart; ALTER TABLE ${table} MODIFY ${name} DATETIME(3)`,
    ),
  ];
}

/** What an INSERT of the columns that settle knows would leave empty. */
function examineOthers(
  table: string,
  wanted: Readonly<Record<string, Kind>>,
  there: readonly ColumnFacts[],
): Finding[] {
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

function isRightOnServer(kind: Kind, type: string): boolean {
  return SERVER_TYPES[kind].test(type);
}

function isRightOnSqlite(kind: Kind, type: string): boolean {
  return kind !== 'integer' || type.includes('int') || !SQLITE_TEXT.test(type);
}

const NOUN: Readonly<Record<Kind, string>> = {
  integer: 'an integer',
  time: 'a DATETIME(3)',
  date: 'a DATE',
  text: 'a text',
};
const EXAMPLE: Readonly<Record<Kind, string>> = {
  integer: 'BIGINT',
  time: 'DATETIME(3)',
  date: 'DATE',
  text: 'VARCHAR(10)',
};
