/** Where the modules of the page lie. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Beside the sources; compiled code stands in dist/src/serve, and the page still there. */
export const PAGE_FOLDER = ['./page', '../../../src/serve/page']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(join(path, 'index.html')))!;
