/** Free space where the database's files are, as far as this machine can see it. */
import { statfs } from 'node:fs/promises';
import { type Check, fail, pass, warn } from '../check.ts';

const GIGABYTE = 1_073_741_824;
const WANTED_BYTES = GIGABYTE;
const NEEDED_BYTES = GIGABYTE / 10;

export const diskCheck: Check = {
  name: 'disk',
  async run({ database }) {
    const folder = await database.dialect.inspect.folder(database);
    if (folder === undefined) return pass("not to be seen from here: look at the server's own monitoring");
    const { bavail, bsize } = await statfs(folder);
    const free = bavail * bsize;
    const message = `${(free / GIGABYTE).toFixed(1)} GB free in ${folder}`;
    const hint = 'free or add disk space: a full disk ends a run, which then continues from its last commit';
    if (free < NEEDED_BYTES) return fail(message, hint);
    return free < WANTED_BYTES ? warn(message, hint) : pass(message);
  },
};
