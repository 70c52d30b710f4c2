/** Redis for a test run: one that is named, a container, or a private server on this machine. */
import { aptInstall, dockerAnswers, findProgram } from './find-program.ts';
import { freePort, privateFolder, type Server, startProcess } from './private-process.ts';

/** Never skips: without a Redis the run fails, saying what to do. */
export async function startRedis(): Promise<Server> {
  const given = process.env.SETTLE_TEST_REDIS_URL;
  if (given) return { url: given, stop: async () => {} };
  if (await dockerAnswers()) return startContainer();
  if (findProgram('redis-server') === undefined) await aptInstall('redis-server');
  const program = findProgram('redis-server');
  if (program === undefined) {
    throw new Error(
      'the integration tests need Redis: set SETTLE_TEST_REDIS_URL=redis://host:port, start Docker, ' +
        'or install it (Debian: apt-get install redis-server, macOS: brew install redis)',
    );
  }
  const folder = privateFolder('redis');
  const port = await freePort();
  const stop = await startProcess(folder, port, [
    program,
    '--port',
    String(port),
    '--bind',
    '127.0.0.1',
    '--dir',
    folder,
    '--save',
    '',
    '--appendonly',
    'no',
  ]);
  return { url: `redis://127.0.0.1:${port}`, stop };
}

async function startContainer(): Promise<Server> {
  const { GenericContainer } = await import('testcontainers');
  const container = await new GenericContainer('redis:7').withExposedPorts(6379).start();
  const url = `redis://${container.getHost()}:${container.getMappedPort(6379)}`;
  return { url, stop: async () => void (await container.stop()) };
}
