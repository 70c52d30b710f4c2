/** `settle publish`: puts into Redis what runs could not. */
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { ExitCode, SettleError, usageError } from '../../../errors.ts';

interface Flags extends GlobalFlags {
  readonly date?: string;
  readonly json?: boolean;
}

const TOTAL_MS = 600_000;

export function registerPublish({ program, withDatabase }: Cli): void {
  program
    .command('publish')
    .description('put rankings of a date into Redis, what earlier runs had to leave, and what SETTLE_CACHE asks for')
    .option('--date <date>', 'business date, YYYY-MM-DD (default: the newest that is settled)')
    .option('--json', 'print one JSON object')
    .addHelpText('after', '\nExample:\n  settle publish --date 2026-11-20\n')
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { cacheStrategy, redisUrl } = await import('../../../redis/cache-strategy.ts');
      const { parseBusinessDate } = await import('../../../rules/business-time.ts');
      const given = flags.date === undefined ? undefined : parseBusinessDate(flags.date);
      const [url, strategy] = [redisUrl(), cacheStrategy()];
      if (url === undefined) throw usageError('no Redis is configured', 'set SETTLE_REDIS_URL to redis://HOST:PORT');
      await withDatabase(flags, async ({ database }) => {
        const { listSettledDates, readNewestSettledDate } = await import('../../views/statistics/read-statistics.ts');
        const date = given ?? (await readNewestSettledDate(database.knex));
        const isSettled =
          date !== undefined && (await listSettledDates(database.knex, { from: date, to: date })).length > 0;
        if (!isSettled)
          throw usageError(
            `${date === undefined ? 'no date' : `no run of ${date}`} has been completed`,
            'run `settle run daily --date D` first',
          );
        const { readPopularDays, wantPublished } = await import('../../views/publication/publication-store.ts');
        const { publishDates } = await import('../../views/publication/publish-dates.ts');
        const { publishBalances } = await import('../../../ledger/publish-balances.ts');
        const { withRedis } = await import('../../../redis/with-redis.ts');
        const asked = { date, popularDays: await readPopularDays(database.knex, date) };
        const revision = await database.transaction((tx) => wantPublished(database, tx, asked));
        const result = await withRedis(url, { totalMs: TOTAL_MS }, async (redis) => {
          const dates = await publishDates(redis, database, asked, revision, strategy);
          return { date, ...dates, balances: await publishBalances(redis, database, strategy) };
        }).catch(async (error: unknown) => {
          const { noteTrouble } = await import('../../../redis/trouble.ts');
          throw new SettleError('REDIS_UNAVAILABLE', ExitCode.failed, `Redis does not take it: ${noteTrouble(error)}`, {
            hint: 'what is missing stays noted; `settle doctor` looks at Redis',
            cause: error,
          });
        });
        const { print } = await import('../../../cli/output/stdout.ts');
        if (flags.json) return await print((await import('../../../cli/output/json.ts')).formatJson(result));
        const others = result.otherDates.length === 0 ? '' : `, and what was left of ${result.otherDates.join(', ')}`;
        await print(`${date} is in Redis: ${result.rows} rows, ${result.balances} balances${others}\n`);
      });
    });
}
