/**
 * Faults of the network between settle and its database, in every phase of a date: the run completes by its own
 * retries, or ends FAILED in bounded time and the next start completes. Either way its tables are the oracle's.
 */
import { pino } from 'pino';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { isSettleError } from '../../../src/errors.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { type JobRunResult, type RunJobOptions, runJob } from '../../../src/steps/run-job.ts';
import { buildLog } from '../../oracles/logs.ts';
import { type CrashBench, openCrashBench } from '../../support/crash-bench.ts';
import { freshDatabase, sampledServers, type TestDatabase } from '../../support/databases.ts';
import { type Aim, type Fault, FaultProxy } from '../../support/fault-proxy.ts';
import { expectAsOracle, leftOvers } from '../daily/support.ts';

const date = '2026-11-20';
const zone = 'Asia/Seoul';
const log = buildLog('dirty', 11, 3000, date, zone);
const runOptions: RunJobOptions = { workers: 2, partitions: 3, chunkSize: 150 };
/** Far more than a run with a few retries takes, and far less than a wait that has no end. */
const RUN_MS_MAX = 20_000;

const SCAN = /^select .* from `view_log` where `id` between/i;
const PARTIAL = /^insert into `settle_partial`/i;
/** Of a bucket of open views, by the merge. */
const BUCKET = /^select `partition_no`, `chunk_no`, `piece`, `body` from `settle_partial`/i;
const STATISTICS = /^insert into `video_daily_stats`/i;
/** One place in each phase of a date, where a statement can be lost. */
const phases: readonly Aim[] = [
  { statement: /^insert into `settle_zone`/i },
  { statement: /^insert into `settle_partition`/i },
  { statement: SCAN, nth: 2 },
  { statement: PARTIAL, nth: 3 },
  { statement: BUCKET },
  { statement: STATISTICS },
  { statement: /^insert into `settle_ranking`/i },
];
/** Where the answer to a commit decides whether its work is done twice. */
const commits: readonly Aim[] = [
  { statement: /^COMMIT/i, after: /`settle_zone`/i },
  { statement: /^COMMIT/i, after: /^insert into `settle_partition`/i },
  { statement: /^COMMIT/i, after: PARTIAL },
  { statement: /^COMMIT/i, after: PARTIAL, nth: 5 },
  // Of the merge's plan.
  { statement: /^COMMIT/i, after: /^insert into `settle_partition`/i },
  { statement: /^COMMIT/i, after: STATISTICS },
  { statement: /^COMMIT/i, after: /^delete from `settle_lease`/i },
];

describe.each(sampledServers(import.meta.url))('a network that breaks, on $name', { timeout: 60_000 }, ({ name }) => {
  let test: TestDatabase;
  let bench: CrashBench;
  let proxy: FaultProxy;
  /** Not by way of the proxy: looks on, and interferes. */
  let direct: Database;
  let warnings: string[];

  beforeAll(async () => {
    test = await freshDatabase(name);
    bench = await openCrashBench(test.url, log);
    proxy = await FaultProxy.open(test.url);
    direct = await openDatabase(test.url);
  }, 60_000);
  afterEach(async () => {
    proxy.calm();
    await bench.reset();
  });
  afterAll(async () => {
    await direct?.close();
    await proxy?.close();
    await test?.drop();
  });

  /** Runs the date by way of the proxy, and makes sure that it ended in time. */
  async function run(job = dailyJob, options: RunJobOptions = {}, url = proxy.url): Promise<JobRunResult> {
    warnings = [];
    const logger = pino({ level: 'warn' }, { write: (line) => warnings.push(JSON.parse(line).msg) });
    const database = await openDatabase(url);
    const started = performance.now();
    try {
      return await runJob(database, job, { date, zone }, { ...runOptions, ...options, logger });
    } finally {
      await database.close();
      expect(performance.now() - started).toBeLessThan(RUN_MS_MAX);
    }
  }

  async function expectCompleted(result: JobRunResult): Promise<void> {
    const context = [result.error?.message, ...proxy.struck, ...warnings].join('\n');
    expect(result.outcome, context).toMatch(/^completed/);
    await expectAsOracle(direct, log, date, zone);
    expect(await leftOvers(direct), context).toEqual([]);
  }

  function armAll(aims: readonly Aim[], fault: Fault): void {
    for (const aim of aims) proxy.arm(aim, fault);
  }

  it('is the oracle’s without any fault, and slowly too', async () => {
    proxy.latencyMs = 1;
    await expectCompleted(await run());
    expect(warnings).toEqual([]);
  });

  it('resets a connection in each phase', async () => {
    armAll(phases, { kind: 'reset-before' });
    await expectCompleted(await run());
    expect(proxy.struck).toHaveLength(phases.length);
  });

  it('ends a connection in each phase', async () => {
    armAll(phases, { kind: 'end-before' });
    await expectCompleted(await run());
    expect(proxy.struck).toHaveLength(phases.length);
  });

  it('loses the answer of each kind of commit', async () => {
    armAll(commits, { kind: 'reset-in-answer', bytes: 0 });
    await expectCompleted(await run());
    expect(proxy.struck).toHaveLength(commits.length);
  });

  it('breaks off in the middle of the rows of a scan', async () => {
    for (const [index, bytes] of [1, 700, 4000].entries()) {
      proxy.arm({ statement: SCAN, nth: 1 + 2 * index }, { kind: 'reset-in-answer', bytes });
    }
    await expectCompleted(await run());
    expect(proxy.struck).toHaveLength(3);
  });

  it('takes the server away while chunks are committed, and again while the date is published', async () => {
    armAll([{ statement: PARTIAL, nth: 4 }, { statement: STATISTICS }], { kind: 'restart', awayMs: 700 });
    await expectCompleted(await run());
    expect(proxy.struck).toHaveLength(2);
  });

  it('takes the server away for longer than anyone waits: FAILED, and the next start completes', async () => {
    const transientRetry = { attemptsMax: 3, intervalMs: 50 };
    const hasty = { ...dailyJob, steps: dailyJob.steps.map((step) => ({ ...step, transientRetry })) as never };
    proxy.arm({ statement: PARTIAL, nth: 3 }, { kind: 'restart', awayMs: 60_000 });
    const failed = await run(hasty, { leaseMs: 2000 });
    expect(failed).toMatchObject({ outcome: 'failed', exitCode: 1, error: { code: 'RETRIES_EXHAUSTED' } });
    proxy.calm();
    // The failed run could not say goodbye: its lease must run out.
    let next: JobRunResult | undefined;
    await expect
      .poll(
        async () => {
          next = await run().catch((error: unknown) => {
            if (isSettleError(error) && error.code === 'ALREADY_RUNNING') return undefined;
            throw error;
          });
          return next?.outcome;
        },
        { timeout: 10_000, interval: 300 },
      )
      .toMatch(/^completed/);
    await expectCompleted(next!);
  });

  it('leaves connections half-open: each wait for an answer ends', async () => {
    armAll([{ statement: SCAN, nth: 3 }, { statement: PARTIAL, nth: 2 }, { statement: STATISTICS }], {
      kind: 'half-open',
    });
    // The server ends the silent transactions, and lets go of their rows, after a lease.
    const result = await run(dailyJob, { leaseMs: 3000 }, `${proxy.url}?answer-timeout=3`);
    await expectCompleted(result);
    expect(proxy.struck).toHaveLength(3);
    expect(warnings.join('\n')).toMatch(/no answer for 3 s/);
  });

  // No server of either kind has a part in it: once is enough.
  it.runIf(name === 'mariadb')(
    'meets a server that accepts and says nothing: an error, in time',
    async () => {
      proxy.isMute = true;
      await expect(run()).rejects.toMatchObject({ code: 'DATABASE_UNREACHABLE', exitCode: 1 });
    },
    30_000,
  );

  it('lets a second session deadlock with a chunk’s commit', async () => {
    const rival = await direct.knex.transaction();
    let fallen: Promise<unknown> = Promise.resolve();
    const interfere = async () => {
      const { job_instance_id: instance } = await direct.knex('settle_fence').first('job_instance_id');
      const row = { job_instance_id: instance, bucket: 0, piece: 0, body: Buffer.from('x') };
      // The chunk that is about to be written is among these. So many rows also make this the larger transaction, and
      // the server ends the smaller one.
      const rows = [0, 1, 2].flatMap((partition_no) =>
        Array.from({ length: 60 }, (_, at) => ({
          ...row,
          partition_no,
          chunk_no: at >> 1,
          kind: at & 1 ? 'open' : 'sums',
        })),
      );
      await rival('settle_partial').insert(rows).onConflict().ignore();
      // Held shared by the run, which is now about to wait for one of the rows: so this is not waited for here.
      const fence = rival('settle_fence').where({ job_instance_id: instance }).forUpdate().first('token');
      fallen = fence.then(() => rival.rollback());
      fallen.catch(() => {});
    };
    // The first of its transaction, which has none of the rows yet.
    proxy.arm({ statement: PARTIAL, notAfter: PARTIAL, nth: 2 }, { kind: 'meanwhile', run: interfere });
    try {
      await expectCompleted(await run());
      await fallen;
    } finally {
      if (!rival.isCompleted()) await rival.rollback();
    }
    expect(warnings.join('\n'), proxy.struck.join('\n')).toMatch(/deadlock/i);
  });

  it('lets a second session hold the fence for longer than a lock is waited for', async () => {
    // In the session's own settings, so that nobody else on this server waits less.
    proxy.rewrite = (sql) => sql.replace(/innodb_lock_wait_timeout = \d+/, 'innodb_lock_wait_timeout = 1');
    const rival = await direct.knex.transaction();
    proxy.arm(
      { statement: /^select `token` from `settle_fence`/i, nth: 6 },
      {
        kind: 'meanwhile',
        run: async () => {
          // Others may hold it shared, and are not held up here.
          await rival('settle_fence').forUpdate().first('token');
          setTimeout(() => void rival.rollback(), 1500);
        },
      },
    );
    await expectCompleted(await run());
    expect(rival.isCompleted()).toBe(true);
    expect(warnings.join('\n')).toMatch(/lock wait timeout/i);
  });
});
