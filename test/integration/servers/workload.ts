/**
 * One life of a small platform: schema, imports, two dates, challenges, the ledger verified; and everything that it
 * left, as text. Run under hostile settings it must leave the same text, or end with an error that has a name.
 */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { toSettleError } from '../../../src/database/errors.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { type ImportKind, importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { importRateCard } from '../../../src/jobs/video-settlement/rate-card-store.ts';
import { parseRateCard } from '../../../src/jobs/video-settlement/rules/rate-card.ts';
import { verifyDate } from '../../../src/jobs/views/statistics/verify.ts';
import { verifyLedger } from '../../../src/ledger/verify-ledger.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { migrate } from '../../support/migrate.ts';
import type { SpareServer } from '../../support/servers/spare-server.ts';
import { challengesCsv, grant, membersCsv, proofsCsv, randomData } from '../challenge/support.ts';

const ZONE = 'Asia/Seoul';
const DATES = ['2026-06-08', '2026-06-09'];
const VIDEOS = 60;
const VIEWS = 600;
/** Prices so steep that a count which is missing is missed. */
const CARD = {
  name: 'steep',
  effectiveFrom: '2000-01-01',
  view: [
    { from: 0, price: '1' },
    { from: 3, price: '7' },
    { from: 6, price: '100' },
  ],
  adView: [
    { from: 0, price: '10' },
    { from: 4, price: '1000' },
  ],
};
/** A run that goes on for longer hangs: it is asked to stop. */
const MS_MAX = 180_000;

/** What a run came to: its text, or the error that ended it. */
export interface WorkloadOutcome {
  readonly text?: string;
  readonly refusal?: {
    readonly stage: string;
    readonly code: string;
    readonly exitCode: number;
    readonly line: string;
  };
}

/** Runs everything in a database of its own. `spoil` is asked to make the server hostile: before the schema, or after. */
export async function runWorkload(
  server: SpareServer,
  spoil: (work: () => Promise<void>) => Promise<void> = (work) => work(),
  from: 'schema' | 'run' = 'schema',
): Promise<WorkloadOutcome> {
  const place = await server.freshDatabase();
  let stage = 'open';
  const inStage = async <T>(name: string, work: () => Promise<T>): Promise<T> => {
    stage = name;
    return await work();
  };
  try {
    if (from === 'run') await makeSchema(place.url);
    await spoil(async () => {
      if (from === 'schema') await inStage('migrate', () => makeSchema(place.url));
      await inStage('open', () => settleEverything(place.url, inStage));
    });
    return { text: await textOf(server, place.name) };
  } catch (error) {
    const { code, exitCode, message, cause } = toSettleError(error);
    // Attempts that were given up on have their reason behind them.
    const inner = code === 'RETRIES_EXHAUSTED' && cause !== undefined ? toSettleError(cause).code : code;
    return { refusal: { stage, code: inner, exitCode, line: message } };
  } finally {
    await place.drop();
  }
}

async function makeSchema(url: string): Promise<void> {
  const database = await openDatabase(url);
  try {
    await migrate(database);
  } finally {
    await database.close();
  }
}

type InStage = <T>(name: string, work: () => Promise<T>) => Promise<T>;

async function settleEverything(url: string, inStage: InStage): Promise<void> {
  const database = await openDatabase(url, { create: false });
  const folder = mkdtempSync(join(tmpdir(), 'settle-workload-'));
  const signal = AbortSignal.timeout(MS_MAX);
  const importFile = async (kind: ImportKind, text: string) => {
    const file = join(folder, `${kind}.csv`);
    writeFileSync(file, text);
    const { parameters } = await importParameters(kind, { file });
    const { outcome, error } = await runJob(database, importJob(kind), parameters, { signal });
    if (outcome !== 'completed') throw error ?? new Error(`import of ${kind}: ${outcome}`);
  };
  try {
    await inStage('import', async () => {
      await importRateCard(database, parseRateCard(CARD));
      await importFile('videos', videosCsv());
      await importFile('views', viewsCsv());
      const data = randomData(8, 3);
      await grant(database, [...new Set(data.members.map(({ userId }) => userId))], 1_000n);
      await importFile('challenges', challengesCsv(data.challenges));
      await importFile('members', membersCsv(data.members));
      await importFile('proofs', proofsCsv(data.proofs));
    });
    for (const date of DATES) {
      await inStage('daily', async () => {
        const options = { signal, workers: 1, partitions: 2 };
        const { outcome, error } = await runJob(database, dailyJob, { date, zone: ZONE }, options);
        if (outcome !== 'completed') throw error ?? new Error(`daily ${date}: ${outcome}`);
      });
    }
    await inStage('verify', async () => {
      const { sound, violation } = await verifyLedger(database);
      if (!sound) throw new Error(`the ledger does not fit: ${violation?.place} ${violation?.problem}`);
      for (const date of DATES) {
        const { equal, differences } = await verifyDate(database, { date });
        if (!equal) throw new Error(`${date} is not what its log says: ${differences[0]}`);
      }
    });
  } finally {
    await database.close();
    rmSync(folder, { recursive: true });
  }
}

function videosCsv(): string {
  const rows = Array.from({ length: VIDEOS }, (_, index) => `${index + 1},${1 + (index % 9)}`);
  return ['id,creator_id', ...rows, ''].join('\n');
}

/** The first date begins at 15:00 UTC the day before. */
function viewsCsv(): string {
  const start = Date.UTC(2026, 5, 7, 15);
  const rows = Array.from({ length: VIEWS }, (_, index) => {
    const at = new Date(start + Math.floor((index * 2 * 86_400_000) / VIEWS)).toISOString();
    return `${index + 1},${1 + ((index * index) % VIDEOS)},${1 + (index % 31)},${at},${index % 300},${index % 3}`;
  });
  return ['id,video_id,viewer_id,viewed_at,play_seconds,ad_views', ...rows, ''].join('\n');
}

/** Columns of the wall clock. */
const CLOCKS = /^(computed_at|created_at|closed_at|imported_at|settled_at|migration_time|stored_at)$/;
/** Records on the chain are of rows with times of day, and so are the hashes after them; the verification compares them. */
const CHAIN = /^(hash|previous_hash|last_hash)$/;
/** What a run leaves about itself: times, ids of processes, sizes. */
const OWN_RECORDS = /^(batch_|settle_(lease|partition|fence|migration|step_progress|offer|read_head|read_revision))/i;

/** Every table's shape and rows, read by the administrator. */
async function textOf(server: SpareServer, database: string): Promise<string> {
  const tables = await server.query(
    `SELECT TABLE_NAME AS name, TABLE_TYPE AS type FROM information_schema.TABLES WHERE TABLE_SCHEMA = '${database}' ORDER BY 1`,
  );
  const lines: string[] = [];
  for (const { name, type } of tables) {
    const [shape] = await server.query(`SHOW CREATE TABLE ${database}.${name}`);
    const text = String(shape['Create Table'] ?? shape['Create Sequence']).replace(/ AUTO_INCREMENT=\d+/, '');
    // knex makes its list of migrations itself: of that, the engine counts.
    lines.push(name.startsWith('settle_migration') ? `${name} ${/ENGINE=\w+/.exec(text)?.[0]}` : text);
    if (type !== 'BASE TABLE' || OWN_RECORDS.test(name)) continue;
    const rows = await server.query(`SELECT * FROM ${database}.${name}`);
    const isOwn = (column: string, kind: unknown) =>
      !CLOCKS.test(column) && !CHAIN.test(column) && !(kind === 'record' && column === 'content_digest');
    const cells = rows.map((row) => JSON.stringify(Object.entries(row).filter(([column]) => isOwn(column, row.kind))));
    lines.push(...cells.sort());
  }
  return lines.join('\n');
}
