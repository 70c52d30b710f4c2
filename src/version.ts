/** The version of settle, from its package.json. */
import { readFileSync } from 'node:fs';

let known: string | undefined;

export function version(): string {
  known ??= readVersion();
  return known;
}

function readVersion(): string {
  // One folder further up in the published package, where this file is dist/src/version.js.
  for (const path of ['../package.json', '../../package.json']) {
    try {
      return (JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string }).version;
    } catch {
      // Look one folder further up.
    }
  }
  return 'unknown';
}
