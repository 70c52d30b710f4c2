/** A file that appears whole: for the textfile collector of node_exporter, and for reports. */
import { open, rename, rm } from 'node:fs/promises';
import { usageError } from '../errors.ts';

/**
 * Written beside its place and renamed, so that a reader sees the one before or this one, whole. The collector passes over
 * the name that it has meanwhile, which does not end in `.prom`.
 * @throws SettleError (exit 2) when it cannot be written there
 */
export async function writeTextfile(flag: string, path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = await open(beside, 'w', 0o644);
    try {
      await file.writeFile(text);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined);
    const { code = 'unknown error' } = error as NodeJS.ErrnoException;
    throw usageError(
      `${flag} ${path} cannot be written (${code})`,
      'name a file in a folder that is there and may be written to',
    );
  }
}
