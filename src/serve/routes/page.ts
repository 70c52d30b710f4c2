/** The page: static modules out of the package, and the libraries that they import, all read once. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { FastifyInstance } from 'fastify';

/** Beside the sources; compiled code stands in dist/src/serve/routes, and the page still there. */
const FOLDER = ['../page', '../../../../src/serve/page']
  .map((path) => fileURLToPath(new URL(path, import.meta.url)))
  .find((path) => existsSync(join(path, 'index.html')))!;
const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Name below /assets/lib -> a file of a package. */
const LIBRARIES: Readonly<Record<string, readonly [name: string, file: string]>> = {
  'preact.js': ['htm', 'preact/standalone.module.js'],
  'uplot.js': ['uplot', 'dist/uPlot.esm.js'],
  'uplot.css': ['uplot', 'dist/uPlot.min.css'],
};

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly tag: string;
}

export async function registerPage(app: FastifyInstance): Promise<void> {
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(FOLDER, { recursive: true }) as string[]) {
    if (TYPES[extname(name)] !== undefined) assets.set(`/assets/${name}`, readAsset(join(FOLDER, name)));
  }
  const require = createRequire(import.meta.url);
  for (const [name, [library, file]] of Object.entries(LIBRARIES)) {
    assets.set(`/assets/lib/${name}`, readAsset(join(packageFolder(require, library), file)));
  }
  for (const [path, asset] of [
    ...assets,
    ['/', assets.get('/assets/index.html')!] as const,
    ['/favicon.svg', assets.get('/assets/favicon.svg')!] as const,
  ]) {
    app.get(path, { schema: { hide: true } }, async (request, reply) => {
      reply.header('etag', asset.tag).header('cache-control', 'no-cache');
      if (request.headers['if-none-match'] === asset.tag) return await reply.code(304).send();
      return await reply.header('content-type', asset.type).send(asset.bytes);
    });
  }
}

function readAsset(path: string): Asset {
  const bytes = readFileSync(path);
  return {
    type: TYPES[extname(path)],
    bytes,
    tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
  };
}

/** Its exports may hide its package.json: the folder is found above its main module. */
function packageFolder(require: NodeJS.Require, name: string): string {
  for (let folder = dirname(require.resolve(name)); ; folder = dirname(folder)) {
    if (folder.endsWith(join('node_modules', name))) return folder;
    if (folder === dirname(folder)) throw new Error(`the package ${name} is not where it should be`);
  }
}
