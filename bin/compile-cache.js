/**
 * Where compiled code is kept between starts. Node's own choice is a folder of a known name in the folder for temporary
 * files, which another user of the machine may have made before: what lies there is run. So it is a folder of our own,
 * below the user's cache folder, which nobody else can have written to; where there is none, nothing is kept.
 */
import { chmodSync, lstatSync, mkdirSync, realpathSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

const GROUP_OR_OTHERS_MAY_WRITE = 0o022;
const STICKY = 0o1000;
const ROOT = 0;

/**
 * The folder, made where it is missing, or undefined. Never throws.
 * @param {NodeJS.ProcessEnv} environment
 * @param {number | undefined} user whose process this is; undefined on systems without users
 * @returns {string | undefined}
 */
export function ownCacheFolder(environment = process.env, user = process.geteuid?.()) {
  try {
    const { XDG_CACHE_HOME: xdg } = environment;
    // The XDG specification: a path that is not absolute is invalid and is to be ignored.
    const base = xdg && isAbsolute(xdg) ? xdg : join(environment.HOME || homedir(), '.cache');
    if (!isAbsolute(base)) return undefined;
    if (user === undefined) return join(base, 'settle', 'compile-cache');
    // Not `recursive`, which tries for ever where a folder takes no folders but says that it is missing, as /proc does.
    makeFolder(base);
    // Links are followed once, here; what is checked and used from now on has none.
    let folder = realpathSync(base);
    for (let above = folder; ; above = dirname(above)) {
      if (!isSafeParent(above, user)) return undefined;
      if (above === dirname(above)) break;
    }
    for (const name of ['settle', 'compile-cache']) {
      folder = join(folder, name);
      if (!isOwn(folder, user)) return undefined;
    }
    return folder;
  } catch {
    // Read-only, no home, no right to look: the program starts without.
    return undefined;
  }
}

function makeFolder(folder) {
  try {
    mkdirSync(folder, { mode: 0o700 });
  } catch (error) {
    if (error.code !== 'EEXIST') throw error;
  }
}

/** Nobody but the user and root can rename or replace what is in it. */
function isSafeParent(folder, user) {
  const { mode, uid } = lstatSync(folder);
  if (uid !== user && uid !== ROOT) return false;
  return (mode & GROUP_OR_OTHERS_MAY_WRITE) === 0 || (mode & STICKY) !== 0;
}

/** A folder and no link, of the user, into which nobody else could ever write; for him alone from now on. */
function isOwn(folder, user) {
  makeFolder(folder);
  const found = lstatSync(folder);
  if (!found.isDirectory() || found.uid !== user || (found.mode & GROUP_OR_OTHERS_MAY_WRITE) !== 0) return false;
  if ((found.mode & 0o777) !== 0o700) chmodSync(folder, 0o700);
  return true;
}
