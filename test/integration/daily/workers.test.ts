/** A date's views read by workers in processes of their own, one of them killed and one stopped in mid-transaction. */
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { statisticsStep } from '../../../src/jobs/views/statistics/statistics-plan.ts';
import { listPartitions } from '../../../src/repository/partition.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { buildLog } from '../../oracles/logs.ts';
import { serverDatabases } from '../../support/databases.ts';
import { startSettle } from '../../support/run-settle.ts';
import { expectAsOracle, leftOvers, openBench } from './support.ts';

const zone = 'Asia/Seoul';
const date = '2026-11-20';

it.each(serverDatabases())('on $name equals the naive pass', { timeout: 180_000 }, async ({ name }) => {
  const log = buildLog('repeats', 31, 3000, date, zone);
  const bench = await openBench(name, log);
  const { database, test } = bench;
  const args = ['worker', '--threads', '1', '--lease', '2', '--log-format', 'json', '--log-level', 'info'];
  const workers = [
    startSettle(args, { url: test.url, timeoutMs: 170_000 }),
    startSettle(args, { url: test.url, timeoutMs: 170_000 }),
  ];
  const [killed, paused] = workers;
  // Whoever has a partition waits in its first chunk until this lock is gone.
  const gate = await database.knex.transaction();
  try {
    await gate.raw('LOCK TABLES settle_partial READ');
    const running = runJob(
      database,
      dailyJob,
      { date, zone },
      { workers: 2, remote: { threads: 1 }, partitions: 8, chunkSize: 200 },
    );
    const taken = () => database.knex('settle_partition').where({ status: 'STARTED' }).whereNotNull('owner_id');
    while ((await taken()).length < 3) await sleep(300);
    killed.child.kill('SIGKILL');
    paused.child.kill('SIGSTOP');
    await gate.raw('UNLOCK TABLES');
    await gate.rollback();
    const { execution, error } = await running;
    expect(error).toBeUndefined();
    await expectAsOracle(database, log, date, zone);
    expect(await leftOvers(database)).toEqual([]);
    paused.child.kill('SIGCONT');
    await sleep(500);
    paused.child.kill('SIGTERM');
    expect((await paused.outcome).code).toBe(143);
    const partitions = await listPartitions(database, execution.jobInstanceId, statisticsStep);
    expect(partitions.filter(({ claim }) => claim.epoch === 2)).toHaveLength(2);
    await expectAsOracle(database, log, date, zone);
  } finally {
    for (const { child } of workers) child.kill('SIGKILL');
    if (!gate.isCompleted()) await gate.rollback();
    await bench.drop();
  }
});
