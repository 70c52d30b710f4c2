/** Writes a new project. */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, isAbsolute, join, relative, resolve } from 'node:path';
import { usageError } from '../../errors.ts';
import { version } from '../../version.ts';
import { initFiles } from './init-files.ts';

/** Nobody else may write a config file that settle reads, whatever the umask. */
const MODE = 0o644;

/**
 * @returns the files, relative to the working folder
 * @throws SettleError (exit 2) when the folder is not empty or cannot be written
 */
export async function makeProject(folder: string, settle = `^${version()}`): Promise<readonly string[]> {
  requireEmpty(folder);
  const files = initFiles({ name: packageName(folder), settle: specOf(settle, folder) });
  try {
    for (const [name, text] of Object.entries(files)) {
      const path = join(folder, name);
      makeFolder(dirname(path));
      writeFileSync(path, text, { flag: 'wx', mode: MODE });
    }
    return [...Object.keys(files).map((name) => join(folder, name)), await makeDatabase(join(folder, 'settle.db'))];
  } catch (error) {
    if (!(error instanceof Error && 'syscall' in error && 'code' in error)) throw error;
    throw usageError(`${folder} cannot be written: ${String(error.code)}`);
  }
}

function requireEmpty(folder: string): void {
  let names: readonly string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'ENOENT') return;
    throw usageError(`${folder} is no folder that can be read: ${String(code)}`);
  }
  if (names.length > 0)
    throw usageError(`${folder} is not empty`, 'name a folder that is, or one that is not there yet');
}

/** Not with its parents: Node's own `recursive` never comes back where the system makes no folder, as below /proc. */
function makeFolder(path: string): void {
  if (!existsSync(path)) mkdirSync(path);
}

/** The engine's tables, so that the first run needs no other command. */
async function makeDatabase(path: string): Promise<string> {
  const { engineMigrations } = await import('../../../migrations/engine/index.ts');
  const { migrate } = await import('../../database/migrate.ts');
  const { openDatabase } = await import('../../database/open.ts');
  const database = await openDatabase(`sqlite:${path}`, { create: true });
  try {
    await migrate(database, engineMigrations);
  } finally {
    await database.close();
  }
  return path;
}

/** A path is meant from where the command is typed. */
function specOf(settle: string, folder: string): string {
  if (!/[/\\]|\.tgz$/.test(settle) || /^\w+:/.test(settle)) return settle;
  return isAbsolute(settle) ? `file:${settle}` : `file:${relative(resolve(folder), resolve(settle))}`;
}

function packageName(folder: string): string {
  const words = basename(resolve(folder))
    .toLowerCase()
    .split(/[^a-z0-9]+/);
  return words.filter((word) => word !== '').join('-') || 'my-jobs';
}
