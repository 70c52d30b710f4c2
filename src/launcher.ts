/** Where the command `settle` lies: for processes that are started as a user would start them. */
import { fileURLToPath } from 'node:url';

/** Path of bin/settle.js: one folder up in a checkout, two in the published package, whose JavaScript is in dist/. */
export function launcherPath(): string {
  return fileURLToPath(new URL(`${import.meta.url.endsWith('.ts') ? '' : '../'}../bin/settle.js`, import.meta.url));
}
