/** Starts `settle serve` as a user does, on a port that the system chooses, and ends it by SIGTERM. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Outcome, startSettle } from './run-settle.ts';

export const TOKEN = 'a-token-of-the-tests-0123456789';

export interface RunningService {
  /** `http://127.0.0.1:PORT`. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<Outcome>;
  /** When it has ended by itself, or was killed. */
  readonly ended: Promise<Outcome>;
}

export async function startService(
  databaseUrl: string,
  flags: readonly string[] = [],
  env: Readonly<Record<string, string>> = {},
): Promise<RunningService> {
  const folder = mkdtempSync(join(tmpdir(), 'settle-serve-'));
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, `${TOKEN}\n`, { mode: 0o600 });
  const args = ['serve', '--listen', '127.0.0.1:0', '--token-file', tokenFile, ...flags];
  const { child, outcome } = startSettle(args, { url: databaseUrl, timeoutMs: 900_000, env });
  const url = await new Promise<string>((resolve, reject) => {
    let text = '';
    child.stderr.on('data', (data: Buffer) => {
      text += data;
      const found = /serving at (\S+)\//.exec(text)?.[1];
      if (found !== undefined) resolve(found);
    });
    child.once('close', () => reject(new Error(`settle serve ended: ${text}`)));
  });
  return {
    url,
    pid: child.pid!,
    ended: outcome,
    stop: async () => {
      child.kill('SIGTERM');
      const ended = await outcome;
      rmSync(folder, { recursive: true, force: true });
      return ended;
    },
  };
}
