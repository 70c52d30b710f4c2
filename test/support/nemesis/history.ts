/**
 * One history: the toy job on workers in processes of their own, each behind a network of its own (fault-proxy.ts), while
 * a nemesis does what a seed says. At its end the database is asked whether each chunk was committed exactly once, under
 * claims that followed one another, and the output is what a clean run leaves. Knows nothing of vitest.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../../../src/database/database.ts';
import { listJobExecutions } from '../../../src/repository/job-execution.ts';
import { listOffers } from '../../../src/repository/offer.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { FaultProxy } from '../fault-proxy.ts';
import { Watch } from '../servers/watch.ts';
import { openToyDatabase, type ToyOptions, toyOutput } from '../toy/toy-job.ts';
import { startToyProcess, startToyWorker, type ToyProcess } from '../toy/toy-process.ts';
import { createCommitTable, listCommits, problemsOf } from './commits.ts';
import { type Deed, drawHistory, type HistoryPlan, type Role } from './plan.ts';

export const NEMESIS_LEASE_MS = 1_500;
/** A run for workers has 32 partitions: five chunks each. */
const IDS = 480;
const TOY: ToyOptions = {
  ids: IDS,
  partitions: 32,
  chunkSize: 3,
  shared: { delayMs: 150, notesCommits: true },
  step: { remote: true },
};
/** From the last deed on: several leases, and starts of processes on a machine that is busy. */
const COMPLETE_MS_MAX = 120_000;
/** After the end of the run: what was paused or cut off wakes up, and may try to commit what it had. */
const AFTERMATH_MS = 1_000;

export interface HistoryOptions {
  /** An empty database. */
  readonly url: string;
  readonly seed: number;
  /** Ends the server and starts it again after so long; absent: it is not this history's alone. */
  readonly restartDatabase?: (isKill: boolean, awayMs: number) => Promise<void>;
}

export interface HistoryReport {
  readonly plan: HistoryPlan;
  /** What was done, a line each, with when. */
  readonly done: readonly string[];
  readonly seconds: number;
  /** Runs of the job that were begun, beside claims of partitions and the highest epoch. */
  readonly executions: number;
  readonly claims: number;
  readonly epochMax: number;
  /** None: it went as it should. */
  readonly problems: readonly string[];
}

interface Member {
  readonly role: Role;
  readonly name: string;
  readonly toy: ToyProcess;
  readonly proxy: FaultProxy;
  isGone: boolean;
}

/** Never rejects for what the job does wrong: that is among the problems. */
export async function runHistory(options: HistoryOptions): Promise<HistoryReport> {
  const history = new History(options);
  try {
    return await history.run();
  } finally {
    await history.end();
  }
}

class History {
  readonly #options: HistoryOptions;
  readonly #plan: HistoryPlan;
  readonly #watch = new Watch();
  readonly #members: Member[] = [];
  readonly #starting = new Set<Promise<unknown>>();
  readonly #done: string[] = [];
  readonly #timers = new Set<NodeJS.Timeout>();
  #database: Database | undefined;
  #startedMs = performance.now();
  #names = 0;
  #isCompleted = false;
  #isOver = false;

  constructor(options: HistoryOptions) {
    this.#options = options;
    this.#plan = drawHistory(options.seed, NEMESIS_LEASE_MS, options.restartDatabase !== undefined);
  }

  async run(): Promise<HistoryReport> {
    const database = await openToyDatabase(this.#options.url);
    this.#database = database;
    await createCommitTable(database);
    const members = Array.from({ length: this.#plan.workers }, () => this.#start('worker'));
    await Promise.all([this.#start('manager'), ...members]);
    // What is done before anybody has a partition harms nobody.
    while ((await listCommits(database)).length === 0 && this.#elapsedMs < COMPLETE_MS_MAX) await sleep(50);
    this.#startedMs = performance.now();
    for (const { atMs, deed, whom } of this.#plan.deeds) {
      await sleep(Math.max(0, atMs - this.#elapsedMs));
      if (this.#isCompleted) break;
      await this.#do(deed, whom);
    }
    const until = performance.now() + COMPLETE_MS_MAX;
    while (!this.#isCompleted && performance.now() < until) {
      // Somebody looks after it, as a scheduler would.
      for (const role of ['worker', 'manager'] as const) {
        if (!this.#living(role).length && this.#starting.size === 0) await this.#start(role);
      }
      await sleep(200);
    }
    const problems = this.#isCompleted ? [] : [`not complete ${COMPLETE_MS_MAX / 1000} s after the last deed`];
    await this.#calm();
    await sleep(AFTERMATH_MS);
    await this.#endMembers();
    problems.push(...(await this.#examine(database)));
    const partitions = await listPartitions(
      database,
      (await listJobExecutions(database, { limit: 1 }))[0].jobInstanceId,
    );
    const [{ claims }] = await database
      .knex('BATCH_STEP_EXECUTION')
      .where('STEP_NAME', 'like', '%:%')
      .count({ claims: '*' });
    return {
      plan: this.#plan,
      done: this.#done,
      seconds: Math.round(this.#elapsedMs / 100) / 10,
      executions: (await listJobExecutions(database, { limit: 1_000 })).length,
      claims: Number(claims),
      epochMax: Math.max(...partitions.map(({ claim }) => claim.epoch)),
      problems,
    };
  }

  /** Nothing of it is left, however it ended. */
  async end(): Promise<void> {
    this.#isOver = true;
    for (const timer of this.#timers) clearTimeout(timer);
    await this.#calm();
    await Promise.allSettled(this.#starting);
    for (const member of this.#members) {
      await this.#kill(member);
      await member.proxy.close();
    }
    await this.#watch.end();
    await this.#database?.close();
  }

  get #elapsedMs(): number {
    return performance.now() - this.#startedMs;
  }

  #living(role: Role): Member[] {
    return this.#members.filter((one) => one.role === role && !one.isGone);
  }

  async #start(role: Role): Promise<void> {
    const starting = this.#begin(role).catch((error: unknown) => this.#note(`${role} did not start: ${error}`));
    this.#starting.add(starting);
    await starting;
    this.#starting.delete(starting);
  }

  async #begin(role: Role): Promise<void> {
    const proxy = await FaultProxy.open(this.#options.url);
    const options = { ...TOY, leaseMs: NEMESIS_LEASE_MS, remote: { threads: this.#plan.managerThreads } };
    const name = `${role} ${++this.#names}`;
    const onSpawn = (pid: number) => this.#watch.add(pid);
    const toy = await (role === 'manager' ? startToyProcess : startToyWorker)(proxy.url, { ...options, onSpawn });
    const member: Member = { role, name, toy, proxy, isGone: false };
    toy.child.once('exit', () => {
      member.isGone = true;
    });
    this.#members.push(member);
    this.#note(`${name} begins`);
    if (role === 'manager') void this.#manage(member);
  }

  /** Runs the job again until it is complete. */
  async #manage({ name, toy }: Member): Promise<void> {
    for (let runs = 1; ; runs++) {
      toy.run();
      const said = await toy.said('= ', runs).catch(() => undefined);
      if (said === undefined) return;
      const outcome = said[runs - 1].slice('= '.length);
      this.#note(`${name}: ${outcome}`);
      if (/^(completed|already-complete)$/.test(outcome)) {
        this.#isCompleted = true;
        return;
      }
      await sleep(300);
    }
  }

  async #do(deed: Deed, whom: number): Promise<void> {
    if (deed.what === 'join') return void this.#start('worker');
    if (deed.what === 'rival') return void this.#start('manager');
    if (deed.what === 'restart-database') {
      this.#note(`the database is ${deed.isKill ? 'killed' : 'stopped'} for ${deed.ms} ms`);
      await this.#options.restartDatabase?.(deed.isKill, deed.ms);
      return;
    }
    const members = this.#living(deed.what === 'leave' ? 'worker' : deed.who);
    const member = members[Math.floor(whom * members.length)];
    if (member === undefined) return;
    const { toy, proxy, name } = member;
    switch (deed.what) {
      case 'kill':
        this.#note(`${name} is killed`);
        await this.#kill(member);
        return;
      case 'pause':
        this.#note(`${name} is paused for ${deed.ms} ms`);
        toy.child.kill('SIGSTOP');
        return this.#later(deed.ms, () => void toy.child.kill('SIGCONT'));
      case 'cut':
        this.#note(`${name} is cut off (${deed.direction}) for ${deed.ms} ms`);
        proxy.hold(deed.direction);
        return this.#later(deed.ms, () => proxy.release());
      case 'reset':
        this.#note(`${name} loses its connections, and gets none for ${deed.ms} ms`);
        return proxy.restart(deed.ms);
      case 'slow':
        this.#note(`${name} is ${deed.latencyMs} ms away for ${deed.ms} ms`);
        proxy.latencyMs = deed.latencyMs;
        return this.#later(deed.ms, () => {
          proxy.latencyMs = 0;
        });
      case 'leave':
        this.#note(`${name} leaves`);
        toy.child.kill('SIGTERM');
    }
  }

  #later(ms: number, work: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      work();
    }, ms);
    this.#timers.add(timer);
  }

  async #kill(member: Member): Promise<void> {
    if (member.isGone) return;
    member.isGone = true;
    await member.toy.kill();
  }

  async #calm(): Promise<void> {
    for (const { toy, proxy } of this.#members) {
      toy.child.kill('SIGCONT');
      proxy.calm();
    }
  }

  /** Workers end by themselves; the others have nothing to do any more. */
  async #endMembers(): Promise<void> {
    await Promise.allSettled(this.#starting);
    for (const { toy, isGone } of this.#living('worker')) if (!isGone) toy.child.kill('SIGTERM');
    const until = performance.now() + 20_000;
    while (this.#living('worker').length > 0 && performance.now() < until) await sleep(50);
    for (const member of this.#members) {
      if (member.role === 'worker' && !member.isGone) this.#note(`${member.name} did not end on SIGTERM`);
      await this.#kill(member);
    }
  }

  async #examine(database: Database): Promise<string[]> {
    const executions = await listJobExecutions(database, { limit: 1_000 });
    const [last] = executions;
    const partitions = await listPartitions(database, last.jobInstanceId);
    const plan = partitions.map(({ partition, minId, maxId }) => ({
      partition,
      minId: Number(minId),
      maxId: Number(maxId),
    }));
    const commits = await listCommits(database);
    const problems = problemsOf(commits, plan);
    const output = await toyOutput(database);
    if (output.length !== IDS || output.some((id, at) => id !== at + 1)) {
      problems.push(`the output is not 1 to ${IDS}: ${output.length} rows, ${new Set(output).size} of them distinct`);
    }
    for (const { partition, status, counts, claim, minId, maxId } of partitions) {
      const rows = Number(maxId - minId) + 1;
      if (status !== 'COMPLETED') problems.push(`partition ${partition} is ${status}`);
      if (counts.readCount !== rows || counts.writeCount !== rows) {
        problems.push(`partition ${partition}: read ${counts.readCount}, written ${counts.writeCount}, of ${rows}`);
      }
      const claims = new Set(commits.filter((one) => one.partition === partition).map((one) => one.stepExecutionId));
      if (claims.size > claim.epoch)
        problems.push(`partition ${partition}: ${claims.size} claims, epoch ${claim.epoch}`);
    }
    const completed = executions.filter(({ status }) => status === 'COMPLETED');
    if (completed.length !== 1) problems.push(`${completed.length} executions are COMPLETED`);
    for (const { id, status } of executions) {
      if (!/^(COMPLETED|FAILED|STOPPED)$/.test(status)) problems.push(`execution ${id} is ${status}`);
    }
    if (new Set(executions.map(({ jobInstanceId }) => jobInstanceId)).size !== 1) problems.push('several instances');
    if ((await listOffers(database.knex)).length > 0) problems.push('the step is still put up');
    const [{ leases }] = await database.knex('settle_lease').count({ leases: '*' });
    if (Number(leases) > 0) problems.push(`${leases} leases of runs are left`);
    return problems;
  }

  #note(what: string): void {
    if (!this.#isOver) this.#done.push(`${(this.#elapsedMs / 1000).toFixed(1).padStart(5)} s  ${what}`);
  }
}
