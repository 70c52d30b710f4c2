/** Case `post-views`: views that are posted as they happen, what they are told beside the night, and the check alone. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Database } from '../../database/database.ts';
import type { OnlineComparison } from '../../jobs/views/online/compare-online.ts';
import { readNewestSettledDate } from '../../jobs/views/statistics/read-statistics.ts';
import { workerModule } from '../../partition/worker-module.ts';
import { redisUrl } from '../../redis/cache-strategy.ts';
import { addDays, businessDay } from '../../rules/business-time.ts';
import type { AttemptResult, BenchCase, CaseContext, Contender } from '../case.ts';
import { measureChecks } from '../serve/measure-checks.ts';
import type { Posted, PostOptions } from '../serve/post-types.ts';
import { startServing } from '../serve/start-serving.ts';

const VIEWS_MAX = 1_000_000;
const KEYS = 1_000_000;
const CHECKS = 20_000;
const CI = { views: 5_000, keys: 10_000, checks: 1_000 };
const BATCH = 1_000;
const CLIENTS = 8;
const VIDEOS = 1_000;
/** Each attempt has a date of its own, behind those before it. */
const DAYS_BEFORE = 365;
/** Loading and posting must not meet what an earlier attempt has left in Redis. */
const VIEWERS_APART = 1_000_000;
const TOKEN = 'b'.repeat(64);

export const postViewsCase: BenchCase = {
  name: 'post-views',
  title: 'Views that are posted',
  description:
    `Views of a day, in order of time (as many as rows are asked for, ${VIEWS_MAX.toLocaleString('en-US')} at most), are posted to \`settle serve\` in batches of ` +
    `${BATCH.toLocaleString('en-US')} by ${CLIENTS} clients on the same machine. Then the date is settled, and what each view was told must be what the night says. Beside it ` +
    `the check alone, one view a round trip, in a Redis with ${KEYS.toLocaleString('en-US')} live keys.`,
  needsData: false,
  onRequest: true,
  unit: 'views',
  ratios: [],
  figures: [
    { name: 'p50', label: 'batch, or check: median', unit: 'ms' },
    { name: 'p99', label: 'batch, or check: p99', unit: 'ms' },
    { name: 'checkP99', label: 'check, p99', unit: 'ms', of: ['view-check'], atMost: 2 },
    { name: 'unchecked', label: 'told unchecked', unit: 'views' },
    { name: 'repeat', label: 'told repeat', unit: 'views' },
    { name: 'sentAgain', label: 'requests sent again after 429 or 503', unit: 'requests' },
  ],
  async contenders(context) {
    const database = await context.openEmpty('posted');
    return [posting(context, database), checking(context)];
  },
};

const reasonAgainst = async () => (redisUrl() === undefined ? 'no Redis; name it by SETTLE_REDIS_URL' : undefined);

function posting(context: CaseContext, database: Database): Contender {
  const { spec, options } = context;
  const views = Math.min(VIEWS_MAX, spec.rows, options.isCi ? CI.views : VIEWS_MAX);
  return {
    name: 'settle-post',
    label: 'settle serve, POST /views',
    role: 'settle',
    prepare: async () => (await reasonAgainst()) ?? (await makeVideos(database)),
    async run(): Promise<AttemptResult> {
      const newest = await readNewestSettledDate(database.knex);
      const date = newest === undefined ? addDays(spec.date, -DAYS_BEFORE) : addDays(newest, 1);
      if (date > spec.date) throw new Error(`${database.displayUrl} is full: remove it`);
      const posted = await post(context, database, {
        views,
        fromMs: businessDay(date, spec.zone).startMs,
        viewersAbove: (Date.now() % 1_000_000_000) * VIEWERS_APART,
      });
      await context.runSettle(['run', 'daily', '--date', date, '--zone', spec.zone], { database });
      const { stdout } = await context.runSettle(['views', 'online', '--date', date, '--json'], { database });
      const { seconds, p50, p99, unchecked, repeat, sentAgain } = posted;
      const figures = { p50, p99, unchecked, repeat, sentAgain };
      const wrong = problemOf(posted, JSON.parse(stdout) as OnlineComparison, views);
      return { seconds, rows: views, figures, ...(wrong === undefined ? {} : { wrong }) };
    },
  };
}

async function post(
  context: CaseContext,
  database: Database,
  asked: Pick<PostOptions, 'views' | 'fromMs' | 'viewersAbove'>,
): Promise<Posted> {
  const folder = mkdtempSync(join(tmpdir(), 'settle-bench-'));
  const token = join(folder, 'token');
  writeFileSync(token, TOKEN, { mode: 0o600 });
  try {
    const { base, stop } = await startServing(context, ['--token-file', token], database);
    try {
      const options: PostOptions = {
        ...asked,
        url: base,
        token: TOKEN,
        batch: BATCH,
        clients: CLIENTS,
        videos: VIDEOS,
      };
      const program = fileURLToPath(workerModule('../serve/post-process', import.meta.url));
      const args = [program, JSON.stringify(options)];
      const { stdout } = await context.runProcess(process.execPath, args, { label: 'the posting client' });
      return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Posted;
    } finally {
      await stop();
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Of a pair with an unchecked view the window is not known, so that it may be told otherwise than the night says. */
function problemOf(posted: Posted, night: OnlineComparison, views: number): string | undefined {
  const told = posted.counted + posted.repeat + posted.unchecked;
  if (told !== views) return `${views} views were posted, ${told} were told a verdict`;
  if (night.posted !== views) return `${views} views were acknowledged, the night found ${night.posted}`;
  if (night.unchecked !== posted.unchecked)
    return `${posted.unchecked} were unchecked, the night found ${night.unchecked}`;
  if (posted.misjudged > 0) return `${posted.misjudged} views were told otherwise than the rule says`;
  if (posted.unchecked === 0 && night.different > 0)
    return `${night.different} views were told otherwise than the night says`;
  return undefined;
}

async function makeVideos({ knex }: Database): Promise<undefined> {
  if ((await knex('video').first('id')) !== undefined) return;
  const ids = Array.from({ length: VIDEOS }, (_, at) => at + 1);
  for (let from = 0; from < ids.length; from += 100)
    await knex('video').insert(ids.slice(from, from + 100).map((id) => ({ id, creator_id: null })));
}

function checking({ options }: CaseContext): Contender {
  const { keys, checks } = options.isCi ? CI : { keys: KEYS, checks: CHECKS };
  return {
    name: 'view-check',
    label: `the check alone, ${keys.toLocaleString('en-US')} live keys`,
    role: 'settle',
    prepare: reasonAgainst,
    async run(): Promise<AttemptResult> {
      const { seconds, p50, p99, unchecked } = await measureChecks(redisUrl()!, { keys, checks });
      // What is passed by costs nothing: of many such the times say nothing.
      const wrong = unchecked <= checks / 10 ? {} : { wrong: `${unchecked} checks were not answered in time` };
      return { seconds, rows: checks, figures: { p50, p99, checkP99: p99, unchecked }, ...wrong };
    },
  };
}
