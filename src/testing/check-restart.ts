/**
 * Finds what a job does not keep over a restart: ends its process by SIGKILL before and after commits, has a new process
 * restart it, and compares what it wrote with what an undisturbed run wrote.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, rmSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import type { Database } from '../database/database.ts';
import { jobModules } from '../define/registered.ts';
import type { JobDefinition } from '../engine/job.ts';
import { usageError } from '../errors.ts';
import { withTestDatabase } from './run-in-memory.ts';

export interface CheckRestartOptions {
  readonly parameters?: Readonly<Record<string, string>>;
  /** Makes the job's own tables and fills them. */
  prepare?(database: Database): Promise<void>;
  /** What the job wrote into the database, in an order that does not depend on the run. Default: every table but the engine's. */
  observe?(database: Database): Promise<unknown>;
  /** Files that the job writes: removed before each run, and compared as bytes. */
  readonly files?: readonly string[];
  /** Processes to kill; spread over all commits where these are more. Default 40. */
  readonly killsMax?: number;
  /** Faults after which it ends. Default 10. */
  readonly faultsMax?: number;
}

export interface RestartFault {
  /** `killed after commit 3 of 12`. */
  readonly where: string;
  /** What is not as after an undisturbed run, or how the restart ended. */
  readonly what: string;
}

/** What `check-restart-child.ts` is told. */
export interface ChildTask {
  readonly module: string;
  readonly job: string;
  readonly url: string;
  readonly parameters: Readonly<Record<string, string>>;
  readonly kill: { readonly at: number; readonly when: 'before' | 'after' } | undefined;
}

/** What it says at its end. */
export interface ChildEnd {
  readonly outcome: string;
  readonly error: string | undefined;
  readonly commits: number;
}

const KILLS_MAX = 40;
const FAULTS_MAX = 10;

/**
 * Resolves to nothing found when the job keeps everything. Of partitioned steps the commits of the main thread are those
 * that are killed at: worker threads have databases of their own.
 * @throws Error for a job that does not complete undisturbed */
export async function checkRestart(job: JobDefinition, options: CheckRestartOptions = {}): Promise<RestartFault[]> {
  const module = jobModules.get(job);
  if (module === undefined) throw usageError(`${job.name} was not made by defineJob: its module is not known`);
  const task = { module, job: job.name, parameters: options.parameters ?? {} };
  const clean = await runOnce(options, async (url) =>
    requireComplete(await runChild({ ...task, url, kill: undefined })),
  );
  const faults: RestartFault[] = [];
  for (const kill of killPoints(clean.end.commits, options.killsMax ?? KILLS_MAX)) {
    if (faults.length >= (options.faultsMax ?? FAULTS_MAX)) break;
    const where = `killed ${kill.when} commit ${kill.at} of ${clean.end.commits}`;
    const { end, wrote } = await runOnce(options, async (url) => {
      await runChild({ ...task, url, kill });
      return await runChild({ ...task, url, kill: undefined });
    });
    const isComplete = end !== undefined && isGood(end);
    if (!isComplete)
      faults.push({ where, what: `the restart ended with ${end?.error ?? end?.outcome ?? 'no answer'}` });
    else if (!isDeepStrictEqual(wrote, clean.wrote)) faults.push({ where, what: differenceOf(clean.wrote, wrote) });
  }
  return faults;
}

/** The first and the last commits are among them. */
function killPoints(commits: number, killsMax: number): NonNullable<ChildTask['kill']>[] {
  const all = Array.from({ length: commits }, (_none, index) => index + 1).flatMap((at) => [
    { at, when: 'before' as const },
    { at, when: 'after' as const },
  ]);
  if (all.length <= killsMax) return all;
  return Array.from(
    { length: killsMax },
    (_none, index) => all[Math.round((index * (all.length - 1)) / (killsMax - 1))],
  );
}

interface Observed<E> {
  readonly end: E;
  readonly wrote: Readonly<Record<string, unknown>>;
}

async function runOnce<E>(options: CheckRestartOptions, run: (url: string) => Promise<E>): Promise<Observed<E>> {
  const { files = [], prepare, observe = allTables } = options;
  for (const path of files) rmSync(path, { force: true });
  return await withTestDatabase(async (database) => {
    await prepare?.(database);
    const end = await run(database.url);
    const contents = files.map((path) => [path, readIfThere(path)] as const);
    return { end, wrote: { database: await observe(database), ...Object.fromEntries(contents) } };
  });
}

/** Undefined when it was killed. */
async function runChild(task: ChildTask): Promise<ChildEnd | undefined> {
  const own = new URL(`./check-restart-child${import.meta.url.endsWith('.ts') ? '.ts' : '.js'}`, import.meta.url);
  const child: ChildProcess = fork(own, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
  let end: ChildEnd | undefined;
  child.on('message', (message: ChildEnd) => {
    end = message;
  });
  child.send(task);
  await once(child, 'exit');
  return end;
}

function isGood({ outcome }: ChildEnd): boolean {
  return outcome === 'completed' || outcome === 'completed-with-skips' || outcome === 'already-complete';
}

function requireComplete(end: ChildEnd | undefined): ChildEnd {
  if (end !== undefined && isGood(end)) return end;
  throw new Error(`the job does not complete undisturbed: ${end?.error ?? end?.outcome ?? 'its process died'}`);
}

/** Rows as texts, sorted: in which order they lie says nothing. */
async function allTables({ knex }: Database): Promise<Readonly<Record<string, readonly string[]>>> {
  const names: string[] = await knex('sqlite_master').where({ type: 'table' }).orderBy('name').pluck('name');
  const own = names.filter((name) => !/^(BATCH_|settle_|sqlite_)/i.test(name));
  const tables = own.map(async (name) => [name, (await knex(name)).map((row) => JSON.stringify(row)).sort()] as const);
  return Object.fromEntries(await Promise.all(tables));
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

function differenceOf(clean: Readonly<Record<string, unknown>>, other: Readonly<Record<string, unknown>>): string {
  const names = Object.keys(clean).filter((name) => !isDeepStrictEqual(clean[name], other[name]));
  return `differs in ${names.map((name) => `${name}: ${cut(clean[name])} undisturbed, ${cut(other[name])} now`).join('; ')}`;
}

const SHOWN_MAX = 300;

function cut(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}
