/**
 * `make soak-workers`: histories of a run on workers in processes of their own, each behind a network of its own, whose
 * processes are killed, paused beyond their lease, cut off one way or both ways, come and go, while the database is killed
 * and started again. Ends with 1 when a history left something else than a clean run, or committed a chunk twice.
 *
 *   NEMESIS_HISTORIES     how many (20)
 *   NEMESIS_SEED          of the first; the others follow. A failed history is done again by its own seed.
 *   NEMESIS_DATABASE_URL  a server on which it makes databases of its own; default: a private MariaDB, which it restarts
 */
import mysql from 'mysql2/promise';
import { type HistoryReport, runHistory } from '../support/nemesis/history.ts';
import { type RestartableServer, startRestartableMariadb } from '../support/servers/restartable-mariadb.ts';

const histories = Number(process.env.NEMESIS_HISTORIES ?? 20);
const firstSeed = Number(process.env.NEMESIS_SEED ?? Date.now() % 1_000_000);
const given = process.env.NEMESIS_DATABASE_URL;

const own: RestartableServer | undefined = given === undefined ? await startRestartableMariadb() : undefined;
const server = new URL((given ?? own!.url).replace(/^mariadb:/, 'mysql:'));
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => process.exit(1));
let failed = 0;
const totals = { executions: 0, claims: 0, seconds: 0, deeds: 0, epochMax: 0 };
try {
  for (let seed = firstSeed; seed < firstSeed + histories; seed++) {
    const report = await doHistory(seed);
    tell(report);
    if (report.problems.length > 0) failed++;
    totals.executions += report.executions;
    totals.claims += report.claims;
    totals.seconds += report.seconds;
    totals.deeds += report.plan.deeds.length;
    totals.epochMax = Math.max(totals.epochMax, report.epochMax);
  }
} finally {
  await own?.stop();
}
const { deeds, executions, claims, epochMax, seconds } = totals;
say(
  `nemesis: ${histories} histories from seed ${firstSeed}, ${failed} failed; ${deeds} deeds, ${executions} runs, ` +
    `${claims} claims, epochs up to ${epochMax}, ${Math.round(seconds)} s`,
);
process.exitCode = failed === 0 ? 0 : 1;

async function doHistory(seed: number): Promise<HistoryReport> {
  const name = `settle_nemesis_${process.pid}_${seed}`;
  await administer(`CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = new URL(server);
  url.pathname = `/${name}`;
  const restartDatabase = own === undefined ? undefined : (kill: boolean, ms: number) => own.restart(kill, ms);
  try {
    return await runHistory({ url: url.href, seed, restartDatabase });
  } finally {
    await administer(`DROP DATABASE ${name}`);
  }
}

function tell({ plan, problems, done, ...figures }: HistoryReport): void {
  const { executions, claims, epochMax, seconds } = figures;
  const what = `${plan.deeds.length} deeds, ${executions} runs, ${claims} claims, epochs up to ${epochMax}, ${seconds} s`;
  say(`seed ${plan.seed}: ${problems.length === 0 ? 'as a clean run' : 'FAILED'}; ${what}`);
  if (problems.length === 0 && process.env.NEMESIS_TELL === undefined) return;
  for (const line of done) say(`  ${line}`);
  for (const problem of problems) say(`  -> ${problem}`);
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function administer(sql: string): Promise<void> {
  const connection = await mysql.createConnection({ uri: server.href });
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
