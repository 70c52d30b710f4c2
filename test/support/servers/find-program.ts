/** Finds server programs on this machine, and installs them where that is possible: as root, on Debian. */
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Where distributions and brew put servers that are not in everybody's PATH. */
const FOLDERS = [
  '/usr/sbin',
  '/usr/local/sbin',
  '/usr/local/bin',
  '/opt/homebrew/bin',
  '/opt/homebrew/opt/mariadb/bin',
  '/usr/local/opt/mariadb/bin',
  '/opt/homebrew/opt/mariadb@10.11/bin',
  '/usr/local/opt/mariadb@10.11/bin',
];

/** Names of the browser that the page is tested in. */
export const BROWSERS = ['chromium', 'chromium-browser', 'google-chrome'] as const;

/** The path of the first program that exists, or undefined. */
export function findProgram(...names: string[]): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...FOLDERS];
  for (const name of names) {
    for (const folder of folders) {
      const path = join(folder, name);
      try {
        accessSync(path, constants.X_OK);
        return path;
      } catch {
        // Not here: look in the next folder.
      }
    }
  }
  return undefined;
}

/** True when a Docker daemon answers; the client alone is not enough. */
export async function dockerAnswers(): Promise<boolean> {
  try {
    await run('docker', ['info'], { timeout: 5_000 });
    return true;
  } catch {
    return false;
  }
}

// One apt at a time: two would fight for its lock.
let apt: Promise<unknown> = Promise.resolve();

/** Installs a Debian package without starting its service. False where there is no apt, or we are not root. */
export async function aptInstall(packageName: string): Promise<boolean> {
  if (process.getuid?.() !== 0 || findProgram('apt-get') === undefined) return false;
  const turn = apt.then(async () => {
    const policy = '/usr/sbin/policy-rc.d';
    const ownPolicy = !existsSync(policy);
    if (ownPolicy) writeFileSync(policy, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    try {
      const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
      await run('apt-get', ['update', '-q'], { env, maxBuffer: 1 << 26 });
      await run('apt-get', ['install', '-y', '-q', '--no-install-recommends', packageName], {
        env,
        maxBuffer: 1 << 26,
      });
    } finally {
      if (ownPolicy) rmSync(policy, { force: true });
    }
  });
  apt = turn.catch(() => undefined);
  await turn;
  return true;
}
