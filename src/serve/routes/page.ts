/** The page: static modules out of the package, and the libraries that they import, all read once. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, extname, join } from 'node:path';
import type { FastifyInstance } from 'fastify';
import { PAGE_FOLDER } from '../page-folder.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.mjs': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Bare name of a module -> package, file, and name below /assets/lib: browsers know no bare names. */
const LIBRARIES: Readonly<Record<string, readonly [name: string, file: string, served: string]>> = {
  preact: ['preact', 'dist/preact.mjs', 'preact-core.js'],
  'preact/hooks': ['preact', 'hooks/dist/hooks.mjs', 'preact-hooks.js'],
  htm: ['htm', 'dist/htm.module.js', 'htm.js'],
  'htm/preact': ['htm', 'preact/index.module.js', 'htm-preact.js'],
};

interface Asset {
  readonly type: string;
  readonly bytes: Buffer;
  readonly tag: string;
}

export async function registerPage(app: FastifyInstance): Promise<void> {
  const assets = new Map<string, Asset>();
  for (const name of readdirSync(PAGE_FOLDER, { recursive: true }) as string[]) {
    if (TYPES[extname(name)] !== undefined) assets.set(`/assets/${name}`, readAsset(join(PAGE_FOLDER, name)));
  }
  const require = createRequire(import.meta.url);
  for (const [library, file, served] of Object.values(LIBRARIES)) {
    assets.set(`/assets/lib/${served}`, readAsset(join(packageFolder(require, library), file)));
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
  const bytes = /\.m?js$/.test(path) ? Buffer.from(withPaths(readFileSync(path, 'utf8'))) : readFileSync(path);
  return {
    type: TYPES[extname(path)],
    bytes,
    tag: `"${createHash('sha256').update(bytes).digest('base64url').slice(0, 27)}"`,
  };
}

/** Imports of the libraries by where they are served. */
function withPaths(code: string): string {
  return code.replace(/\bfrom\s*["']([a-z/]+)["']/g, (whole, name: string) =>
    Object.hasOwn(LIBRARIES, name) ? `from"/assets/lib/${LIBRARIES[name][2]}"` : whole,
  );
}

/** Its exports may hide its package.json: the folder is found above its main module. */
function packageFolder(require: NodeJS.Require, name: string): string {
  for (let folder = dirname(require.resolve(name)); ; folder = dirname(folder)) {
    if (folder.endsWith(join('node_modules', name))) return folder;
    if (folder === dirname(folder)) throw new Error(`the package ${name} is not where it should be`);
  }
}
