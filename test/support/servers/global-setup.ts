/**
 * Runs once before the integration tests, in vitest's own process: starts the servers and hands their addresses to
 * the test files (databases.ts reads them). Whatever it started ends with the run, and so do databases that a test
 * left behind.
 */
import { readdirSync } from 'node:fs';
import { createConnection } from 'mysql2/promise';
import type { TestProject } from 'vitest/node';
import { BROWSERS, findProgram } from './find-program.ts';
import { startMariadb } from './mariadb.ts';
import { startMysql, whyNoSpareMysql } from './mysql.ts';
import { tellNotRun } from './not-run.ts';
import { type Server, watchedFolder } from './private-process.ts';
import { startRedis } from './redis.ts';

/** What test files are given. */
export interface TestServers {
  readonly mariadb: string;
  /** Undefined where this machine has no MySQL. */
  readonly mysql: string | undefined;
  readonly redis: string;
  /** A folder with one file for each database in use: its name is taken while the file exists. */
  readonly registry: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: TestServers;
  }
}

export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = watchedFolder('tests');
  const registry = folder.path;
  const started = await Promise.allSettled([startMariadb(), startRedis(), startMysql()]);
  const running = started.flatMap((result) =>
    result.status === 'fulfilled' && typeof result.value !== 'string' ? [result.value] : [],
  );
  const stopAll = async () => {
    await Promise.allSettled(running.map((server) => server.stop()));
    await folder.remove();
  };
  try {
    const [mariadb, redis, mysql] = started.map((result) => {
      if (result.status === 'rejected') throw result.reason;
      return result.value;
    }) as [Server, Server, Server | string];
    await requireKind(mariadb.url, 'mariadb');
    if (typeof mysql === 'string') tellNotRun(`every test on MySQL 9 (${mysql})`);
    else await requireKind(mysql.url, 'mysql');
    if (findProgram(...BROWSERS) === undefined) tellNotRun('the page in a browser (no chromium)');
    const whyNoSpare = await whyNoSpareMysql();
    if (whyNoSpare !== undefined) tellNotRun(`hostile settings of MySQL 9 (${whyNoSpare})`);
    const mysqlUrl = typeof mysql === 'string' ? undefined : mysql.url;
    project.provide('servers', { mariadb: mariadb.url, mysql: mysqlUrl, redis: redis.url, registry });
    return async () => {
      try {
        await dropLeftovers(registry, { mariadb: mariadb.url, mysql: mysqlUrl });
      } finally {
        await stopAll();
      }
    };
  } catch (error) {
    await stopAll();
    throw error;
  }
}

/** A MySQL under MariaDB's name would let MariaDB go untested. */
async function requireKind(url: string, kind: 'mariadb' | 'mysql'): Promise<void> {
  const connection = await createConnection(url);
  try {
    const [rows] = await connection.query('SELECT VERSION() AS version');
    const { version } = (rows as { version: string }[])[0];
    const found = /mariadb/i.test(version) ? 'mariadb' : 'mysql';
    if (found !== kind) throw new Error(`the ${kind} server for tests is ${version}`);
  } finally {
    await connection.end();
  }
}

async function dropLeftovers(registry: string, urls: { mariadb: string; mysql: string | undefined }): Promise<void> {
  for (const entry of readdirSync(registry)) {
    const [kind, name] = entry.split('.');
    const url = kind === 'mariadb' ? urls.mariadb : kind === 'mysql' ? urls.mysql : undefined;
    if (url === undefined || name === undefined) continue;
    const connection = await createConnection(url);
    await connection.query(`DROP DATABASE IF EXISTS \`${name}\``);
    await connection.end();
  }
}
