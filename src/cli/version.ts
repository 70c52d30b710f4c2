/** The version of settle, from its package.json. */
import { readFileSync } from 'node:fs';

export function version(): string {
  // One folder further up in the published package, where this file is dist/src/cli/version.js.
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // Look one folder further up.
    }
  }
  return 'unknown';
}
