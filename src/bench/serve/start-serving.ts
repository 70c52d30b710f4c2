/** Starts `settle serve` on a port of the system's choice, and stops it. */
import type { ChildProcess } from 'node:child_process';
import type { Database } from '../../database/database.ts';
import type { CaseContext } from '../case.ts';

const START_MS_MAX = 60_000;

export interface Serving {
  /** `http://127.0.0.1:PORT`. */
  readonly base: string;
  /** Resolves when it has ended. */
  stop(): Promise<void>;
}

/** @param database default: the main one */
export async function startServing(
  context: CaseContext,
  flags: readonly string[],
  database?: Database,
): Promise<Serving> {
  let child: ChildProcess | undefined;
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const timer = setTimeout(() => reject(new Error('settle serve did not start')), START_MS_MAX);
  const serving = context.runSettle(['serve', '--listen', '127.0.0.1:0', ...flags], {
    ...(database === undefined ? {} : { database }),
    onStart(started) {
      child = started;
      let text = '';
      started.stderr?.on('data', (data: Buffer) => {
        text += data;
        const found = /serving at (\S+)\//.exec(text)?.[1];
        if (found !== undefined) resolve(found);
      });
    },
  });
  serving.catch(reject);
  const base = await promise.finally(() => clearTimeout(timer));
  const stop = async () => {
    child?.kill('SIGTERM');
    await serving;
  };
  return { base, stop };
}
