/** Real logs, imported as an operator would and settled date by date, beside the naive oracle. */
import { afterEach, describe, expect, it } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import { importJob } from '../../../src/jobs/import/import-job.ts';
import { type ImportOptions, importParameters } from '../../../src/jobs/import/import-parameters.ts';
import { readStatistics } from '../../../src/jobs/views/statistics/read-statistics.ts';
import { addDays, periodOf } from '../../../src/rules/business-time.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { judgeLog, periodSums, statisticsCsv, summariseDate } from '../../oracles/daily-statistics.ts';
import { readLog } from '../../oracles/read-log.ts';
import { sampledDatabases } from '../../support/databases.ts';
import { isThorough } from '../../support/thorough.ts';
import { type Bench, openBench, publishedCsv, quarantineOf, settle } from './support.ts';

const kuairand = new URL('../../../seeds/samples/kuairand-watch/views.csv.gz', import.meta.url).pathname;
const bikeshare = new URL('../../fixtures/bikeshare/bayarea_views.csv.gz', import.meta.url).pathname;

async function importViews(database: Database, options: ImportOptions): Promise<void> {
  const { parameters, dispose } = await importParameters('views', {
    ...options,
    map: 'viewer_id=user_id',
    registerVideos: true,
  });
  try {
    const result = await runJob(database, importJob('views'), parameters);
    if (result.outcome === 'failed') throw result.error;
  } finally {
    await dispose();
  }
}

describe.each(sampledDatabases(import.meta.url))('real logs on $name', ({ name }) => {
  let bench: Bench;
  afterEach(async () => {
    await bench.drop();
  });

  it(`kuairand: ${isThorough ? 'every date' : 'a week and some dates'} in it, Asia/Seoul`, {
    timeout: 300_000,
  }, async () => {
    const zone = 'Asia/Seoul';
    bench = await openBench(name);
    await importViews(bench.database, { file: kuairand });
    const log = await readLog(bench.test.url);
    const judged = judgeLog(log.rows, log.videos);
    const week = periodOf('2022-04-14', 'week');
    for (let date = '2022-04-07', at = 0; date <= '2022-04-23'; date = addDays(date, 1), at++) {
      if (!isThorough && at % 8 !== 0 && (date < week.from || date > week.to)) continue;
      await settle(
        bench.database,
        date,
        zone,
        at % 2 === 0 ? { workers: 2 } : { workers: 2, partitions: 5, chunkSize: 4000 },
      );
      const expected = summariseDate(judged, date, zone);
      expect(await publishedCsv(bench.database, date), date).toBe(statisticsCsv(expected.sums));
    }
    const sums = await readStatistics(bench.database, week);
    expect(statisticsCsv(new Map(sums.map((row) => [row.videoId, row])))).toBe(
      statisticsCsv(periodSums(judged, '2022-04-14', zone, 'week')),
    );
  });

  it('bikeshare: both days on which summer time changes, America/Los_Angeles', { timeout: 300_000 }, async () => {
    const zone = 'America/Los_Angeles';
    bench = await openBench(name);
    await importViews(bench.database, { file: bikeshare, zone });
    const log = await readLog(bench.test.url);
    const judged = judgeLog(log.rows, log.videos);
    for (const date of ['2014-03-09', '2014-11-02', '2014-11-03', firstWithInvalid(judged, zone)]) {
      await settle(bench.database, date, zone, { workers: 2 });
      const expected = summariseDate(judged, date, zone);
      expect(await publishedCsv(bench.database, date), date).toBe(statisticsCsv(expected.sums));
      expect(await quarantineOf(bench.database, date)).toEqual(
        expected.quarantine.map(({ rowId, reason }) => `${rowId} ${reason}`),
      );
    }
  });
});

/** The first date of 2014 with a row in quarantine. */
function firstWithInvalid(judged: ReturnType<typeof judgeLog>, zone: string): string {
  for (let date = '2014-01-01'; date < '2015-01-01'; date = addDays(date, 1)) {
    if (summariseDate(judged, date, zone).quarantine.length > 0) return date;
  }
  throw new Error('the log has no trip of more than a day');
}
