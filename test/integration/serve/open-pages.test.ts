/** Open pages share one look at the database: 500 of them ask it no more than one does. */
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { pino } from 'pino';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createRegistry } from '../../../src/cli/create-registry.ts';
import type { Database } from '../../../src/database/database.ts';
import { openDatabase } from '../../../src/database/open.ts';
import { platform } from '../../../src/platform.ts';
import { openAnswers } from '../../../src/serve/cache/open-answers.ts';
import { createServer } from '../../../src/serve/server.ts';
import { freshPlatform, type TestDatabase } from '../../support/databases.ts';
import { runSettle } from '../../support/run-settle.ts';

const LOOKS = 3;
const PAGES = 500;

let made: TestDatabase;
let database: Database;
let app: FastifyInstance;
let port: number;
beforeAll(async () => {
  made = await freshPlatform('sqlite');
  await runSettle(['seed', '--date', '2026-11-20', '--rows', '50', '--videos', '5'], { url: made.url });
  database = await openDatabase(made.url);
  // Jobs that nobody knows: what a look asks the database is the same.
  const registry = createRegistry({ ...platform, domains: [] });
  const logger = pino({ level: 'silent' });
  const kept = { memoryBytes: 0, redisUrl: undefined, replicaUrls: [], lagSecondsMax: 0 };
  const { answers, observe } = await openAnswers(database, logger, { strategy: 'none', ...kept });
  app = await createServer({
    ...{ answers, observe, redisUrl: undefined, database, registry, logger, zone: 'Asia/Seoul', settleCommand: [] },
    ...{ token: undefined, isLoopback: true, isReadOnly: true },
  });
  await app.listen({ host: '127.0.0.1', port: 0 });
  ({ port } = app.server.address() as AddressInfo);
});
afterAll(async () => {
  await app.close();
  await database.close();
  await made.drop();
});

test('500 open pages cost the database what one does', { timeout: 120_000 }, async () => {
  const one = await open();
  await one.told;
  const alone = await queriesIn(one);
  const more = await Promise.all(Array.from({ length: PAGES - 1 }, open));
  // Each has been told the runs, which it gets from the look before, without one of its own.
  for (const { told } of more) await told;
  const together = await queriesIn(one);
  expect(alone).toBeGreaterThan(0);
  expect(together).toBe(alone);
  for (const { close } of [one, ...more]) close();
});

interface OpenPage {
  /** The newest runs have come. */
  readonly told: Promise<void>;
  /** Resolves after so many more looks of the service. */
  looks(count: number): Promise<void>;
  close(): void;
}

async function open(): Promise<OpenPage> {
  const told = Promise.withResolvers<void>();
  const waiting: { left: number; resolve: () => void }[] = [];
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    get({ host: '127.0.0.1', port, path: '/api/v1/events', agent: false }, resolve).on('error', reject);
  });
  expect(response.statusCode).toBe(200);
  response.setEncoding('utf8').on('data', (text: string) => {
    if (text.includes('event: runs')) told.resolve();
    if (text.includes('event: unavailable')) told.reject(new Error('the runs could not be read'));
    // The greeting is no look.
    for (const _look of text.match(/^(: nothing new|event: runs)$/gm) ?? [])
      for (const one of waiting) if (--one.left === 0) one.resolve();
  });
  response.on('error', () => {});
  return {
    told: told.promise,
    looks: (left) => new Promise((resolve) => waiting.push({ left, resolve })),
    close: () => response.destroy(),
  };
}

/** Statements from one look to the third after it. */
async function queriesIn(page: OpenPage): Promise<number> {
  await page.looks(1);
  let queries = 0;
  const count = () => queries++;
  database.knex.on('query', count);
  await page.looks(LOOKS);
  database.knex.off('query', count);
  return queries;
}
