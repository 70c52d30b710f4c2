/** What is installed: by digest, from the public registry or from none that is named, under licences that allow it. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
interface Locked {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly license?: string;
  readonly dev?: boolean;
  readonly link?: boolean;
}
const lock = JSON.parse(readFileSync(`${ROOT}/package-lock.json`, 'utf8')) as { packages: Record<string, Locked> };
const packages = Object.entries(lock.packages).filter(([path]) => path !== '');

/** Licences that ask for no more than their text to be kept. */
const LICENCES =
  /^\(?(MIT|MIT-0|ISC|BSD-[23]-Clause|Apache-2\.0|0BSD|Unlicense|CC0-1\.0|BlueOak-1\.0\.0|WTFPL|Python-2\.0)( OR [^)]*)?\)?$/;

test('every package is known by its digest, and by no other host than the public registry', () => {
  expect(packages.length).toBeGreaterThan(100);
  for (const [path, { integrity, resolved, link }] of packages) {
    expect(link, path).toBeUndefined();
    expect(integrity, path).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
    if (resolved !== undefined) expect(resolved, path).toMatch(/^https:\/\/registry\.npmjs\.org\//);
  }
});

test('what is published depends on licences that allow it', () => {
  for (const [path, { dev, license }] of packages) {
    if (dev) continue;
    expect(license ?? installedLicence(path), path).toMatch(LICENCES);
  }
});

function installedLicence(path: string): string {
  const { license } = JSON.parse(readFileSync(`${ROOT}/${path}/package.json`, 'utf8')) as { license?: string };
  return license ?? 'none';
}
