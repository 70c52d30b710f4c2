/** Where the bench keeps what it builds (the peers, the C client): the user's cache folder. */
import { createHash } from 'node:crypto';
import { mkdirSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../environment.ts';

/** Bumped when what is built from the same sources changes. */
const LAYOUT = '1';

/** A folder for what is built from these sources: made where it does not exist. Other sources, another folder. */
export function cacheFolder(name: string, sources: readonly (string | Buffer)[]): string {
  const hash = createHash('sha256').update(LAYOUT);
  for (const source of sources) hash.update(source).update('\0');
  const root = environment().XDG_CACHE_HOME || join(homedir(), '.cache');
  const folder = join(root, 'settle-bench', `${name}-${hash.digest('hex').slice(0, 16)}`);
  mkdirSync(folder, { recursive: true });
  return folder;
}
