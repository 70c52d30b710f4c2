/** The working folder of the process may be removed while it runs: by a deployment, or by whoever made it for one start. */
import { parse } from 'node:path';

/** To be called before a thread is started, which in a folder that is gone fails. Absolute paths stay what they are. */
export function leaveRemovedFolder(): void {
  try {
    process.cwd();
  } catch {
    process.chdir(parse(process.execPath).root);
  }
}
