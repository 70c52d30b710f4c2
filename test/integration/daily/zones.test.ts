/** A zone is one zone however it is written; dates that a zone left out; instances that were told apart by the spelling. */
import { afterEach, describe, expect, it } from 'vitest';
import { migration as zoneNames } from '../../../migrations/across/0630_zone_names.ts';
import { applyMigration } from '../../../migrations/apply.ts';
import { jobKey } from '../../../src/engine/job-key.ts';
import { parseParameters } from '../../../src/engine/parse-parameters.ts';
import { dailyJob } from '../../../src/jobs/daily/definition.ts';
import { someVideos } from '../../oracles/logs.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { type Bench, expectAsOracle, openBench, publishedCsv, settle } from './support.ts';

const date = '2026-11-20';

describe.each(sampledDatabases(import.meta.url))('zones on $name', ({ name }) => {
  let bench: Bench;
  afterEach(async () => {
    await bench.drop();
  });

  it('another spelling of the zone is the same instance, and one of an earlier version is found', async () => {
    bench = await openBench(name);
    const { database } = bench;
    const first = await settle(database, date, 'asia/seoul', { workers: 1 });
    for (const zone of ['Asia/Seoul', 'ROK']) {
      const again = await settle(database, date, zone);
      expect(again).toMatchObject({ outcome: 'already-complete', execution: { id: first.execution.id } });
    }
    // As 0.1.0 left it: the spelling in the parameter, and the key that follows from it.
    const { all } = parseParameters(
      { ...dailyJob, parameters: dailyJob.parameters.map(({ canonical: _, ...rest }) => rest) },
      {
        date,
        zone: 'asia/seoul',
      },
    );
    const parameters = { all } as Parameters<typeof jobKey>[0];
    await database.knex('BATCH_JOB_INSTANCE').update({ JOB_KEY: jobKey(parameters) });
    await database
      .knex('BATCH_JOB_EXECUTION_PARAMS')
      .where({ PARAMETER_NAME: 'zone' })
      .update({ PARAMETER_VALUE: 'asia/seoul' });
    // Twice, as after a process that was killed.
    for (let time = 0; time < 2; time++) await applyMigration(zoneNames, database.knex, name);
    const found = await settle(database, date, 'Asia/Seoul');
    expect(found).toMatchObject({ outcome: 'already-complete', execution: { id: first.execution.id } });
    const stored = await database
      .knex('BATCH_JOB_EXECUTION_PARAMS')
      .where({ PARAMETER_NAME: 'zone' })
      .pluck('PARAMETER_VALUE');
    expect(stored).toEqual(['Asia/Seoul']);
  });

  it('a date that the zone left out is settled, and has nothing', async () => {
    // Apia went from the end of the 29th to the 31st.
    const change = Date.parse('2011-12-30T10:00:00Z');
    const rows = [-1, 0, 1].map((ms, at) => {
      return {
        id: BigInt(at + 1),
        videoId: 1n,
        viewerId: BigInt(at + 10),
        viewedAt: change + ms,
        playSeconds: 5,
        adViews: 0,
      };
    });
    const log = { rows, videos: someVideos(3) };
    bench = await openBench(name, log);
    const counted: Record<string, number> = {};
    for (const day of ['2011-12-29', '2011-12-30', '2011-12-31']) {
      expect(await settle(bench.database, day, 'Pacific/Apia', { workers: 1 })).toMatchObject({ outcome: 'completed' });
      counted[day] = (await publishedCsv(bench.database, day)).trim().split('\n').length - 1;
      if (day !== '2011-12-30') await expectAsOracle(bench.database, log, day, 'Pacific/Apia');
    }
    expect(counted).toEqual({ '2011-12-29': 1, '2011-12-30': 0, '2011-12-31': 1 });
  });
});
