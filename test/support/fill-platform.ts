/**
 * Fills a database as real nights do, with the command line alone: settled and closed dates, late rows, challenges, a run
 * that failed, records set aside, dead letters, a run that was killed. For the tests and the pictures of the page.
 */
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runSettle, startSettle } from './run-settle.ts';

const SAMPLE = fileURLToPath(new URL('../../seeds/samples/kuairand-watch/views.csv.gz', import.meta.url));

export interface FilledPlatform {
  /** The newest settled date. */
  readonly date: string;
  readonly closedDate: string;
  /** Settled; what came late for the closed date is booked in it. */
  readonly bookedDate: string;
  /** Not settled yet. */
  readonly openDate: string;
  /** Executions by what became of them. */
  readonly runs: {
    readonly settled: number;
    readonly failed: number;
    readonly skipped: number;
    readonly killed: number;
  };
}

/**
 * @param rows views of a date
 * @param to last date, of those from 2026-11-13 on, that is settled before the newest one; 2026-11-15 at least
 */
export async function fillPlatform(
  url: string,
  { rows, to }: { readonly rows: number; readonly to: string },
): Promise<FilledPlatform> {
  const settle = async (codes: readonly number[], ...args: string[]) => {
    const { code, stdout, stderr } = await runSettle(args, { url, timeoutMs: 600_000 });
    if (!codes.includes(code)) throw new Error(`settle ${args.join(' ')} ended with ${code}: ${stderr}`);
    return stdout;
  };
  const runOf = async (codes: readonly number[], ...args: string[]): Promise<number> =>
    JSON.parse(await settle(codes, ...args, '--json')).id;
  const people = ['--videos', '800', '--viewers', '3000', '--creators', '40'];
  const [closedDate, date, openDate] = ['2026-11-13', '2026-11-20', '2026-11-21'];
  const folder = mkdtempSync(join(tmpdir(), 'settle-page-'));
  try {
    await settle([0], 'seed', '--date', closedDate, '--days', '9', '--challenges', '27', '--members', '6');
    // Of April 2022; nobody knows its creators.
    const renamed = ['--map', 'viewer_id=user_id', '--ignore-columns', 'play_ms,duration_ms'];
    await settle([0], 'import', 'views', SAMPLE, ...renamed, '--register-videos');
    await settle([0, 3], '--date', '2022-04-10');
    const many = ['--days', '9', '--rows', String(rows * 9), '--invalid-rate', '0.004'];
    await settle([0], 'seed', '--date', closedDate, ...many, ...people);
    await settle([0, 3], 'backfill', '--from', closedDate, '--to', to);
    await settle([0], 'close', '--date', closedDate);
    const late = ['--rows', String(Math.ceil(rows / 20)), '--seed', '9'];
    await settle([0], 'seed', '--date', closedDate, ...late, ...people);
    await settle([0, 3], 'run', 'daily', '--date', closedDate, '--rerun');
    const settled = await runOf([0, 3], 'run', 'daily', '--date', date);
    // Members of challenges that nobody knows.
    const file = join(folder, 'members.csv');
    const lines = Array.from(
      { length: 6 },
      (_, at) => `${900_000 + at},${777_000 + at},${at + 1},10,2026-11-20 01:00:00`,
    );
    writeFileSync(file, `${['id,challenge_id,user_id,stake,joined_at', ...lines].join('\n')}\n`);
    const skipped = await runOf([3], 'import', 'members', file);
    const failed = await runOf([1, 2], 'run', 'daily', '--date', '2026-11-15', '--rerun', '-p', 'skip-limit=0');
    await deliver(url);
    return {
      date,
      closedDate,
      bookedDate: '2026-11-14',
      openDate,
      runs: { settled, failed, skipped, killed: await killedRun(url, openDate) },
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** To a receiver that knows no user whose number ends in 3. */
async function deliver(url: string): Promise<void> {
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const part of request) body += part;
    const isRefused = /userId\\?":\\?"\d*3\\?"/.test(body);
    response.statusCode = isRefused ? 400 : 200;
    response.end(isRefused ? 'no such subscriber' : '');
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  await runSettle(['relay', '--sink', `http://127.0.0.1:${port}/hook`, '--once'], { url });
  server.close();
}

/** Killed as soon as it has begun its first step. */
async function killedRun(url: string, date: string): Promise<number> {
  const { child, outcome } = startSettle(['run', 'daily', '--date', date], { url, env: { SETTLE_LOG: 'info' } });
  child.stderr.on('data', (data: Buffer) => {
    if (data.includes('step started')) child.kill('SIGKILL');
  });
  const { stderr } = await outcome;
  const execution = /"execution":(\d+)/.exec(stderr)?.[1];
  if (execution === undefined) throw new Error(`the run that was to be killed: ${stderr}`);
  return Number(execution);
}
