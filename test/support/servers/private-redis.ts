/** A Redis of a test's own, for what nobody may do to the shared one. */
import { Redis } from 'ioredis';
import { findProgram } from './find-program.ts';
import { freePort, privateFolder, startProcess } from './private-process.ts';

export interface PrivateRedis {
  readonly url: string;
  readonly port: number;
  /** A client of it. */
  readonly client: Redis;
  /** To the server's process. */
  signal(name: NodeJS.Signals): void;
  stop(): Promise<void>;
}

export const hasPrivateRedis = findProgram('redis-server') !== undefined;

/** On a free port, unless the options name one: that of a server which is to come back. */
export async function startPrivateRedis(...options: string[]): Promise<PrivateRedis> {
  const folder = privateFolder('own-redis');
  const at = options.indexOf('--port');
  const port = at < 0 ? await freePort() : Number(options[at + 1]);
  const fixed = ['--port', String(port), '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'no'];
  const stop = await startProcess(folder, port, [findProgram('redis-server')!, ...fixed, ...options]);
  const client = new Redis({ host: '127.0.0.1', port });
  client.on('error', () => {});
  const pid = Number(/process_id:(\d+)/.exec(await client.info('server'))?.[1]);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    client,
    signal: (name) => void process.kill(pid, name),
    stop: async () => {
      client.disconnect();
      await stop();
    },
  };
}
