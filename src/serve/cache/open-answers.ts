/** Puts together what the read API answers from: cache, Redis, replicas, primary; and looks at them while nobody asks. */
import { createHash } from 'node:crypto';
import type { Registry } from '@prometheus-io/client';
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { openDatabase } from '../../database/open.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { readHead } from '../../jobs/views/publication/read-revision.ts';
import type { CacheStrategy } from '../../redis/cache-strategy.ts';
import { Replica } from '../replicas/replica.ts';
import { ReplicaSource } from '../replicas/replica-source.ts';
import { CacheMetrics } from './cache-metrics.ts';
import { databaseReader } from './database-reader.ts';
import { KEEP_MS, LOOK_MS } from './limits.ts';
import { MemoryAnswers } from './memory-answers.ts';
import { ReadAnswers } from './read-answers.ts';
import { RedisAnswers } from './redis-answers.ts';
import { Revisions } from './revisions.ts';
import { SharedAnswers } from './shared-answers.ts';

export interface AnswerSettings {
  readonly strategy: CacheStrategy;
  /** Of this process's memory. 0: nothing is kept there. */
  readonly memoryBytes: number;
  /** Undefined: no other process sees what this one keeps. */
  readonly redisUrl: string | undefined;
  readonly replicaUrls: readonly string[];
  /** A replica that is further behind is left out. */
  readonly lagSecondsMax: number;
}

export interface OpenAnswers {
  readonly answers: ReadAnswers;
  observe(registry: Registry): void;
  close(): Promise<void>;
}

const REPLICA_POOL = 8;
/** Redis tells databases apart by so many characters of a digest. */
const NAME_LENGTH = 16;

/** @throws SettleError: exit 2 for a URL that is none, 10 where the schema knows no revisions */
export async function openAnswers(database: Database, logger: Logger, settings: AnswerSettings): Promise<OpenAnswers> {
  const { strategy, memoryBytes, redisUrl, replicaUrls, lagSecondsMax } = settings;
  const metrics = new CacheMetrics();
  const isPlain = strategy === 'none' && replicaUrls.length === 0;
  if (!isPlain) await requireRevisions(database);
  // Of its own: what is published is asked for at each answer, and must not wait behind those that are read.
  const isServer = database.dialect.name !== 'sqlite';
  const watch = isServer && !isPlain ? await openDatabase(database.url, { create: false, poolSizeMax: 1 }) : database;
  const revisions = new Revisions(databaseReader(watch.knex));
  const onState = ({ name, state }: Replica, reason: string) => {
    if (state === 'used') logger.info(`the replica ${name} is read from`);
    else logger.warn(`the replica ${name} is left out: ${reason}`);
  };
  const replicas = replicaUrls.map(
    (url) => new Replica(url, { lagSecondsMax, poolSizeMax: REPLICA_POOL, primary: revisions, onState }),
  );
  const redis =
    redisUrl === undefined || strategy === 'none'
      ? undefined
      : await RedisAnswers.open(redisUrl, await nameOf(database));
  const shared = redis && new SharedAnswers(redis, (result) => metrics.noteResult('redis', result));
  const memory = new MemoryAnswers(memoryBytes, KEEP_MS);
  const source = new ReplicaSource(database.knex, replicas, (server) => metrics.noteRead(server));
  const note = (result: 'hit' | 'miss' | 'passed_by') => metrics.noteResult('memory', result);
  const answers = new ReadAnswers({ strategy, revisions, source, memory, shared, note });

  let timer: NodeJS.Timeout | undefined;
  let isClosed = false;
  const look = async () => {
    await Promise.all([
      ...(strategy === 'none' ? [] : [revisions.current().catch(() => {})]),
      ...replicas.map((replica) => replica.check()),
    ]);
    if (!isClosed) timer = setTimeout(look, LOOK_MS).unref();
  };
  // A replica that is away delays no start.
  if (!isPlain) void look();
  return {
    answers,
    observe: (registry) => metrics.register(registry, { memory, shared, replicas }),
    async close() {
      isClosed = true;
      clearTimeout(timer);
      shared?.close();
      await Promise.all(replicas.map((replica) => replica.close()));
      if (watch !== database) await watch.close();
    },
  };
}

async function requireRevisions({ knex }: Database): Promise<void> {
  if (await knex.schema.hasTable('settle_read_head')) return;
  throw new SettleError('SCHEMA_OUTDATED', ExitCode.schemaOutdated, 'the schema is too old for --cache and replicas', {
    hint: 'run `settle migrate`, or serve without them',
  });
}

/** As this process reaches it, so that a copy elsewhere is another one; and by its own identity. */
async function nameOf(database: Database): Promise<string> {
  const head = await readHead(database.knex);
  const names = `${database.displayUrl} ${head?.identity ?? ''}`;
  return createHash('sha256').update(names).digest('hex').slice(0, NAME_LENGTH);
}
