/**
 * MySQL 9 for a test run: one that is named, a container, or the one that a neighbouring folder of the checkout knows
 * how to start. Where there is none, its tests are left out and the closing output says so.
 */
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { dockerAnswers } from './find-program.ts';
import { portAnswers, type Server } from './private-process.ts';

const STARTER = fileURLToPath(new URL('../../../../shared/bin/mysql9', import.meta.url));
const PORT = 3409;

/** A server, or the reason why there is none. */
export async function startMysql(): Promise<Server | string> {
  const given = process.env.SETTLE_TEST_MYSQL_URL;
  if (given) return { url: given, stop: async () => {} };
  if (await dockerAnswers()) return startContainer();
  if (!existsSync(STARTER)) return 'no SETTLE_TEST_MYSQL_URL and no Docker';
  try {
    return await startNeighbour();
  } catch (error) {
    return `${STARTER}: ${(error as Error).message.trim().split('\n').pop()}`;
  }
}

async function startNeighbour(): Promise<Server> {
  const wasRunning = await portAnswers(PORT);
  const run = promisify(execFile);
  const env = { MYSQL9_BUFFER_POOL: '256M', ...process.env };
  const { stdout } = await run('bash', [STARTER, 'start', String(PORT)], { env });
  const url = stdout.trim().split('\n').pop() ?? '';
  const ours = !wasRunning && new URL(url).port === String(PORT);
  return { url, stop: async () => void (ours && (await run('bash', [STARTER, 'stop']))) };
}

async function startContainer(): Promise<Server> {
  const { GenericContainer, Wait } = await import('testcontainers');
  const container = await new GenericContainer('mysql:9')
    .withEnvironment({ MYSQL_ALLOW_EMPTY_PASSWORD: '1' })
    .withCommand(['--local-infile=1', '--max-connections=400', '--disable-log-bin'])
    .withExposedPorts(3306)
    .withWaitStrategy(Wait.forLogMessage(/ready for connections.*port: 3306/))
    .start();
  const url = `mysql://root@${container.getHost()}:${container.getMappedPort(3306)}/`;
  return { url, stop: async () => void (await container.stop()) };
}
