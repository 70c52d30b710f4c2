/**
 * A server whose configuration is against us: a sample of what settings-walk.test.ts walks. Results do not change, leases
 * are renewed, a stop is heard, the schema can be made; what a session cannot put right is refused by name.
 */
import { afterAll, beforeAll, describe, expect, inject, test } from 'vitest';
import { toSettleError } from '../../../src/database/errors.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { settingsStatement } from '../../../src/database/session-settings.ts';
import type { JobDefinition } from '../../../src/engine/job.ts';
import { requestStop } from '../../../src/engine/operate.ts';
import { getJobExecution } from '../../../src/repository/job-execution.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { migrate } from '../../support/migrate.ts';
import { hostileSettings, roundOf, type SettingsList } from '../../support/servers/hostile-values.ts';
import { whyNoSpareMysql } from '../../support/servers/mysql.ts';
import { type HostileSetting, type SpareKind, SpareServer } from '../../support/servers/spare-server.ts';
import { runWorkload } from './workload.ts';

const hasMysql = inject('servers').mysql !== undefined && (await whyNoSpareMysql()) === undefined;
const kinds: SpareKind[] = hasMysql ? ['mariadb', 'mysql'] : ['mariadb'];

/** What each session sets for itself: for both servers, and in a comment that only one of them executes. */
function ownSettings(kind: SpareKind): Set<string> {
  const [common, mariadb, mysql] = settingsStatement().split('/*');
  return new Set(`${common} ${kind === 'mariadb' ? mariadb : mysql}`.match(/(?<=SESSION )\w+/g));
}

const PRIMARY_KEYS: Readonly<Record<SpareKind, string>> = {
  mariadb: 'innodb_force_primary_key',
  mysql: 'sql_require_primary_key',
};

describe.each(kinds)('a hostile %s', (kind) => {
  let server: SpareServer;
  let listed: SettingsList;
  let worst: HostileSetting[];
  const own = ownSettings(kind);

  beforeAll(async () => {
    const started = await SpareServer.start(kind);
    if (started === undefined) throw new Error(`no ${kind}`);
    server = started;
    listed = await hostileSettings(server);
    worst = roundOf(listed.walked, 0).filter(({ name }) => own.has(name));
  }, 120_000);
  afterAll(() => server?.stop());

  test('has no setting for a session of which nothing is known', () => {
    // A new one needs a value in hostile-values.ts, or a reason why none can matter.
    expect(listed.unknown).toEqual([]);
    expect(listed.walked.length).toBeGreaterThan(kind === 'mariadb' ? 150 : 110);
  });

  test('changes no byte of what a run leaves, nor of its tables, and lets every table be made', async () => {
    expect(worst.length).toBeGreaterThan(20);
    const clean = await runWorkload(server);
    expect(clean.refusal).toBeUndefined();
    const all = [...worst, { name: PRIMARY_KEYS[kind], value: '1' }];
    let refused = new Map<string, string>();
    const hostile = await runWorkload(server, async (work) => {
      ({ refused } = await server.under(all, work));
    });
    expect([...refused]).toEqual([]);
    expect(hostile.refusal).toBeUndefined();
    expect(hostile.text).toBe(clean.text);
  }, 600_000);

  test('is told by each session what to be', async () => {
    const place = await server.freshDatabase();
    const sessionOf = async () => {
      const database = await openDatabase(place.url);
      try {
        const [rows] = await database.knex.raw('SHOW SESSION VARIABLES');
        const found = rows as { Variable_name: string; Value: string }[];
        return new Map(found.map(({ Variable_name, Value }) => [Variable_name, Value]));
      } finally {
        await database.close();
      }
    };
    try {
      const clean = await sessionOf();
      const { result: spoilt } = await server.under(worst, sessionOf);
      for (const name of own) expect(`${name} ${spoilt.get(name)}`).toBe(`${name} ${clean.get(name)}`);
      expect(spoilt.get('collation_connection')).toBe('utf8mb4_bin');
      expect(spoilt.get('tx_isolation') ?? spoilt.get('transaction_isolation')).toBe('READ-COMMITTED');
      expect(spoilt.get('tx_read_only') ?? spoilt.get('transaction_read_only')).toBe('OFF');
    } finally {
      await place.drop();
    }
  });

  test('without autocommit: the lease is renewed, and a stop is heard', async () => {
    const place = await server.freshDatabase();
    try {
      await server.under([{ name: 'autocommit', value: '0' }], async () => {
        const database = await openDatabase(place.url);
        const other = await openDatabase(place.url);
        try {
          await migrate(database);
          const started = Promise.withResolvers<number>();
          const job: JobDefinition = {
            name: 'waits',
            description: 'waits until it is stopped',
            parameters: [],
            steps: [
              {
                kind: 'tasklet',
                name: 'until-stopped',
                run: async ({ signal, jobExecutionId }) => {
                  started.resolve(jobExecutionId);
                  await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
                  return undefined;
                },
              },
              { kind: 'tasklet', name: 'never', run: async () => undefined },
            ],
          };
          const run = runJob(database, job, {}, { leaseMs: 900, signal: AbortSignal.timeout(20_000) });
          const id = await started.promise;
          const first = await other.knex('settle_lease').first('expires_at');
          await expect
            .poll(() => other.knex('settle_lease').first('expires_at'), { timeout: 10_000 })
            .not.toEqual(first);
          await requestStop(other, id);
          const { outcome, exitCode } = await run;
          expect({ outcome, exitCode }).toEqual({ outcome: 'stopped', exitCode: 143 });
          expect((await getJobExecution(other, id))?.status).toBe('STOPPED');
        } finally {
          await database.close();
          await other.close();
        }
      });
    } finally {
      await place.drop();
    }
  });

  const refusals: readonly { settings: HostileSetting[]; code: string; exitCode: number; only?: SpareKind }[] = [
    { settings: [{ name: 'read_only', value: '1' }], code: 'DATABASE_READ_ONLY', exitCode: 1 },
    {
      settings: [
        { name: 'read_only', value: '1' },
        { name: 'super_read_only', value: '1' },
      ],
      code: 'DATABASE_READ_ONLY',
      exitCode: 1,
      only: 'mysql',
    },
    { settings: [{ name: 'offline_mode', value: '1' }], code: 'DATABASE_OFFLINE', exitCode: 1, only: 'mysql' },
    { settings: [{ name: 'max_prepared_stmt_count', value: '0' }], code: 'DATABASE_TOO_MANY_STATEMENTS', exitCode: 1 },
    { settings: [{ name: 'max_allowed_packet', value: '1024' }], code: 'DATABASE_PACKET_TOO_LARGE', exitCode: 1 },
    { settings: [{ name: 'init_connect', value: "'no such statement'" }], code: 'DATABASE_INIT_CONNECT', exitCode: 2 },
    { settings: [{ name: 'require_secure_transport', value: '1' }], code: 'DATABASE_TLS', exitCode: 2, only: 'mysql' },
    // MariaDB takes it for a wrong password; the hint names the other reason.
    {
      settings: [{ name: 'require_secure_transport', value: '1' }],
      code: 'DATABASE_ACCESS_DENIED',
      exitCode: 2,
      only: 'mariadb',
    },
    {
      settings: [{ name: 'max_user_connections', value: '1' }],
      code: 'DATABASE_TOO_MANY_CONNECTIONS',
      exitCode: 1,
      only: 'mysql',
    },
    {
      settings: [{ name: 'enforce_storage_engine', value: "'MyISAM'" }],
      code: 'DATABASE_ENGINE_MISSING',
      exitCode: 2,
      only: 'mariadb',
    },
  ];
  test.each(refusals.filter(({ only = kind }) => only === kind))(
    '$settings.0.name: refused as $code',
    async ({ settings, code, exitCode }) => {
      const place = await server.freshDatabase();
      try {
        const prepared = await openDatabase(place.url);
        await prepared.knex.raw('CREATE TABLE t (id BIGINT PRIMARY KEY, v LONGTEXT) ENGINE=InnoDB');
        await prepared.close();
        const { result, refused } = await server.under(settings, () => failureOf(place.url));
        expect([...refused]).toEqual([]);
        expect(result).toMatchObject({ code, exitCode });
        expect(result?.message).not.toContain('\n');
      } finally {
        await place.drop();
      }
    },
  );
});

/** How a few things that every run does end: two connections, a long statement, a prepared one, a table. */
async function failureOf(url: string) {
  try {
    const database = await openDatabase(url);
    try {
      await database.knex.raw('INSERT INTO t VALUES (1, ?)', ['x'.repeat(100_000)]);
      await database.transaction(async (tx) => {
        await tx('t').where({ id: 1 }).forUpdate();
        await database.knex('t').count();
      });
      const connection = await database.knex.client.acquireConnection();
      try {
        await new Promise((resolve, reject) => {
          connection.execute('SELECT ? AS one', [1], (error: unknown) => (error ? reject(error) : resolve(undefined)));
        });
      } finally {
        await database.knex.client.releaseConnection(connection);
      }
      await database.knex.raw('CREATE TABLE other (id BIGINT PRIMARY KEY) ENGINE=InnoDB');
      return undefined;
    } finally {
      await database.close();
    }
  } catch (error) {
    return toSettleError(error);
  }
}
