/**
 * Builds kernel.wasm, and notes in kernel.json what of: `make kernel`. The compiler is @yowasp/clang out of npm's cache,
 * which `npm exec` puts into PATH for this command; it needs nothing else and is no dependency of the project.
 *
 *     node build.ts PATH [FOLDER]    writes into another folder than its own
 */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';

/** Another version writes other bytes. */
export const compiler = '@yowasp/clang@22.0.0-git20542-10';

const flags = [
  ...['--target=wasm32', '-std=c11', '-O3', '-msimd128', '-mbulk-memory'],
  ...['-Wall', '-Wextra', '-Werror', '-ffreestanding', '-nostdlib'],
  // memory.h counts on the same bound.
  ...['-Wl,--no-entry', '-Wl,--strip-all', '-Wl,-z,stack-size=65536', '-Wl,--max-memory=2147483648'],
];

const folder = import.meta.dirname;

/** The C source, by name of the file. */
function readSource(): Record<string, string> {
  const names = readdirSync(folder).filter((name) => /\.[ch]$/.test(name));
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

/** SHA-256 of all that the module is made of: source, flags and compiler. */
export function hashSource(): string {
  return hashOf(JSON.stringify({ compiler, flags, source: readSource() }));
}

function hashOf(bytes: string | Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The compiler's folder: beside a folder of programs in `path`. */
function findCompiler(path: string): string {
  const found = path
    .split(delimiter)
    .map((bin) => join(dirname(bin), '@yowasp/clang'))
    .find((candidate) => {
      const manifest = join(candidate, 'package.json');
      if (!existsSync(manifest)) return false;
      const { name, version } = JSON.parse(readFileSync(manifest, 'utf8'));
      return `${name}@${version}` === compiler;
    });
  if (found === undefined) throw new Error(`${compiler} is not in PATH: build by 'make kernel'`);
  return found;
}

async function compile(path: string): Promise<Uint8Array> {
  const { runClang } = await import(pathToFileURL(join(path, 'gen/bundle.js')).href);
  const say = (bytes: Uint8Array | null) => bytes !== null && process.stderr.write(bytes);
  const args = ['clang', ...flags, '-o', 'kernel.wasm', 'kernel.c'];
  const built = await runClang(args, readSource(), { stdout: say, stderr: say, fetchProgress: () => {} });
  return built['kernel.wasm'];
}

if (import.meta.main) {
  const [path = '', to = folder] = process.argv.slice(2);
  const module = await compile(findCompiler(path));
  writeFileSync(join(to, 'kernel.wasm'), module);
  const hashes = { compiler, source: hashSource(), wasm: hashOf(module) };
  writeFileSync(join(to, 'kernel.json'), `${JSON.stringify(hashes, null, 2)}\n`);
  process.stdout.write(`kernel.wasm: ${module.length} bytes\n`);
}
