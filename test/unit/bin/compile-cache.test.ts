import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { ownCacheFolder } from '../../../bin/compile-cache.js';

const OTHER = 65_534;
const root = mkdtempSync(join(tmpdir(), 'settle-cache-'));
afterAll(() => rmSync(root, { recursive: true }));
const me = process.geteuid?.();
const canChown = me === 0;

let home: string;
beforeEach(() => {
  home = mkdtempSync(join(root, 'home-'));
});
const folder = () => join(home, '.cache', 'settle', 'compile-cache');
const found = () => ownCacheFolder({ HOME: home });

test('is made for its owner alone, and found again', () => {
  expect(found()).toBe(folder());
  expect(lstatSync(folder()).mode & 0o777).toBe(0o700);
  expect(found()).toBe(folder());
});

test('lies where XDG_CACHE_HOME says, if that is absolute', () => {
  expect(ownCacheFolder({ HOME: home, XDG_CACHE_HOME: join(home, 'x') })).toBe(join(home, 'x/settle/compile-cache'));
  expect(ownCacheFolder({ HOME: home, XDG_CACHE_HOME: 'x' })).toBe(folder());
});

test('is closed where the user had left it open to readers', () => {
  mkdirSync(folder(), { recursive: true });
  chmodSync(folder(), 0o755);
  expect(found()).toBe(folder());
  expect(lstatSync(folder()).mode & 0o777).toBe(0o700);
});

describe('there is none', () => {
  test('where others may have written', () => {
    for (const [path, mode] of [
      [folder(), 0o777],
      [folder(), 0o770],
      [join(home, '.cache', 'settle'), 0o1777],
      [join(home, '.cache'), 0o777],
      [home, 0o775],
    ] as const) {
      mkdirSync(folder(), { recursive: true, mode: 0o700 });
      chmodSync(path, mode);
      expect(found(), `${path} ${mode.toString(8)}`).toBeUndefined();
      chmodSync(path, 0o700);
      expect(found()).toBe(folder());
    }
  });

  test('where it is a link', () => {
    mkdirSync(join(home, '.cache', 'settle'), { recursive: true });
    mkdirSync(join(home, 'elsewhere'), { mode: 0o700 });
    symlinkSync(join(home, 'elsewhere'), folder());
    expect(found()).toBeUndefined();
  });

  test.runIf(canChown)('where another user owns it, or a folder above', () => {
    for (const path of [folder(), join(home, '.cache', 'settle'), join(home, '.cache'), home]) {
      mkdirSync(folder(), { recursive: true, mode: 0o700 });
      chownSync(path, OTHER, OTHER);
      expect(found(), path).toBeUndefined();
      chownSync(path, 0, 0);
      expect(found()).toBe(folder());
    }
  });

  test.runIf(canChown)('where a link of another user leads to the right place', () => {
    const link = join(home, 'link');
    mkdirSync(join(home, 'real'), { mode: 0o700 });
    symlinkSync(join(home, 'real'), link);
    lchownSync(link, OTHER, OTHER);
    // What it leads to is checked and used, not the link.
    expect(ownCacheFolder({ XDG_CACHE_HOME: link })).toBe(join(home, 'real/settle/compile-cache'));
  });

  test('where nothing can be made', () => {
    expect(ownCacheFolder({ HOME: '/proc' })).toBeUndefined();
    expect(ownCacheFolder({ HOME: '/dev/null' })).toBeUndefined();
  });
});

test('settle uses it, and nothing that was made ready for it in the folder for temporary files', () => {
  const planted = join(home, 'tmp', 'node-compile-cache');
  mkdirSync(planted, { recursive: true });
  const env = { PATH: process.env.PATH, HOME: home, TMPDIR: join(home, 'tmp') };
  const settle = fileURLToPath(new URL('../../../bin/settle.js', import.meta.url));
  expect(spawnSync(process.execPath, [settle, '--version'], { env }).status).toBe(0);
  expect(readdirSync(planted)).toEqual([]);
  expect(readdirSync(folder())).toHaveLength(1);
});
