/** The package that is published: JavaScript only, and everything that its commands need, worker threads included. */
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const execute = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const folder = mkdtempSync(join(tmpdir(), 'settle-package-'));
const modules = join(folder, 'node_modules');
const installed = join(modules, 'settle');

/** As `npm install` of the tarball would, with the dependencies of the checkout instead of a download. */
beforeAll(async () => {
  await execute('npm', ['pack', '--silent', '--pack-destination', folder], { cwd: ROOT });
  const tarball = readdirSync(folder).find((name) => name.endsWith('.tgz'))!;
  mkdirSync(installed, { recursive: true });
  await execute('tar', ['-xzf', join(folder, tarball), '-C', installed, '--strip-components=1']);
  for (const name of readdirSync(join(ROOT, 'node_modules'))) {
    if (!name.startsWith('.')) symlinkSync(join(ROOT, 'node_modules', name), join(modules, name));
  }
}, 120_000);
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function settle(...args: string[]): Promise<string> {
  const env = { ...process.env, SETTLE_DATABASE_URL: '', SETTLE_LOG: 'warn' };
  const { stdout } = await execute(process.execPath, [join(installed, 'bin/settle.js'), ...args], { cwd: folder, env });
  return stdout;
}

test('holds documents and JavaScript, and no TypeScript but declarations', () => {
  const files = readdirSync(installed, { recursive: true }) as string[];
  for (const name of [
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'docs/operations.md',
    'bin/settle.js',
    'dist/src/index.d.ts',
  ]) {
    expect(files).toContain(name);
  }
  expect(files.filter((name) => name.endsWith('.ts') && !name.endsWith('.d.ts'))).toEqual([]);
});

test('its settle runs a date from an empty folder', async () => {
  await settle('migrate');
  await settle('seed', '--rows', '5000', '--date', '2026-11-20', '--videos', '100');
  expect(await settle('--date', '2026-11-20')).toMatch(/^daily 2026-11-20: COMPLETED/);
  expect(await settle('verify', '--date', '2026-11-20')).toMatch(/equal/);
});

test('can be imported as a library', async () => {
  // A package of its own, whatever lies in the folders above it.
  writeFileSync(join(folder, 'package.json'), '{ "name": "somebody-elses" }');
  const program = "import('settle').then((settle) => console.log(typeof settle.runJob))";
  const { stdout } = await execute(process.execPath, ['-e', program], { cwd: folder });
  expect(stdout).toBe('function\n');
});
