/** Holds the table in docs/architecture.md by reading every import statement: dependencies point one way. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { registry } from './support/platform.ts';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const LINES_MAX = 400;
/** As biome.json has it; what needs more takes an object. */
const PARAMETERS_MAX = 6;
const BIOME = fileURLToPath(new URL('../node_modules/@biomejs/biome/bin/biome', import.meta.url));
/** What draws, parses or connects: nothing that a pure rule may know. luxon is a rule's own library: it knows zones. */
const IMPURE = /^(node:|knex|mysql2|better-sqlite3|ioredis|pino|cli-progress|commander)/;

/** Rooms that run any job: they know no domain, no table of one and no job. */
const ENGINE = [
  ...['src/cli', 'src/doctor', 'src/steps', 'src/partition', 'src/engine', 'src/repository'],
  ...['src/mapping', 'src/database', 'src/database/migrate.ts'],
];
const DOMAIN = /^src\/(jobs|ledger|bench|serve|platform\.ts)\b/;
const ENGINE_MIGRATIONS = /^migrations\/(engine\/|apply\.ts$|migration\.ts$)/;

/** What switches the types off. Explicit `any` is an error of the linter, so it needs the comment that silences that. */
const UNTYPED =
  /\bas unknown as\b|\bas (?:any|never)(?=[^\w ])|lint\/suspicious\/noExplicitAny|@ts-(?:ignore|expect-error|nocheck)/g;
const UNTYPED_WITH_REASON = {
  'src/steps/item-step.ts: as unknown as': 'without a processor the items written are those read: no type says so',
};

const COMMENT = /\/\*[\s\S]*?\*\/|\/\/.*/g;

interface Source {
  /** Relative to the checkout. */
  readonly path: string;
  readonly text: string;
  /** Specifiers as written: of static and dynamic imports, of re-exports and of worker modules. */
  readonly imports: readonly string[];
}

const sources = ['bin', 'src', 'migrations', 'seeds', 'test'].flatMap((folder) => readSources(folder));
const table = readTable();

describe('the table in docs/architecture.md', () => {
  test('names every room', () => {
    for (const { path } of sources) expect(roomOf(path), `${path} is in no room of the table`).toBeDefined();
  });

  test('is held by every import', () => {
    const wrong: string[] = [];
    for (const { path, imports } of sources) {
      if (path.startsWith('test/')) continue;
      const room = roomOf(path)!;
      for (const specifier of imports) {
        const target = resolve(path, specifier);
        if (target === undefined) continue;
        const targetRoom = roomOf(target);
        const allowed =
          targetRoom === room || isForEveryone(targetRoom, room) || table.get(room)?.has(targetRoom ?? '');
        if (!allowed) wrong.push(`${path} imports ${specifier}`);
      }
    }
    expect(wrong).toEqual([]);
  });

  test('has no circle', () => {
    const below = (room: string, path: readonly string[]): void => {
      expect(path, `${[...path, room].join(' -> ')} is a circle`).not.toContain(room);
      for (const target of table.get(room) ?? []) below(target, [...path, room]);
    };
    for (const room of table.keys()) below(room, []);
  });
});

describe('the engine', () => {
  const engine = sources.filter(({ path }) => ENGINE.includes(roomOf(path) ?? ''));

  test('is in the table, and has files', () => {
    expect([...new Set(engine.map(({ path }) => roomOf(path)))].sort()).toEqual([...ENGINE].sort());
  });

  test('imports no domain, and no migration of one', () => {
    for (const room of ENGINE) {
      const domains = [...table.get(room)!].filter((target) => DOMAIN.test(target));
      expect(domains, `${room} may import a domain by the table`).toEqual([]);
    }
    const wrong = engine.flatMap(({ path, imports }) =>
      imports
        .map((specifier) => resolve(path, specifier) ?? '')
        .filter((target) => DOMAIN.test(target) || (/^migrations\//.test(target) && !ENGINE_MIGRATIONS.test(target)))
        .map((target) => `${path} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });

  test('names no table of a domain, not even in a comment', () => {
    const tables = tablesOf((path) => !ENGINE_MIGRATIONS.test(path));
    // So that a new way to make a table is seen here.
    expect(tables).toEqual(expect.arrayContaining(['view_log', 'video', 'settle_entry', 'challenge', 'settle_outbox']));
    expect(tables.length).toBeGreaterThan(30);
    const named = new RegExp(`\\b(${tables.join('|')})\\b`, 'g');
    const found = engine.flatMap(({ path, text }) => [...text.matchAll(named)].map(([name]) => `${path}: ${name}`));
    expect(found).toEqual([]);
  });

  test('names no job in its code', async () => {
    const names = (await registry.jobs()).map(({ name }) => name).join('|');
    expect(names).toContain('daily|');
    const named = new RegExp(`['"\`](${names})['"\`]|settle run (${names})|--job (${names})|import-`, 'g');
    const found = engine.flatMap(({ path, text }) =>
      [...text.replace(COMMENT, '').matchAll(named)].map(([name]) => `${path}: ${name}`),
    );
    expect(found).toEqual([]);
  });
});

describe('the house', () => {
  test('has no circle of files, types included', () => {
    expect(circlesOf(sources).map((files) => files.join(', '))).toEqual([]);
  });

  test(`has no source file over ${LINES_MAX} lines`, () => {
    const long = sources.filter(({ path, text }) => path.startsWith('src/') && text.split('\n').length - 1 > LINES_MAX);
    expect(long.map(({ path }) => path)).toEqual([]);
  });

  test('has no type that a reader must take on trust', () => {
    const found = sources
      .filter(({ path }) => !path.startsWith('test/'))
      .flatMap(({ path, text }) => [...text.matchAll(UNTYPED)].map(([words]) => `${path}: ${words}`));
    expect(found).toEqual(Object.keys(UNTYPED_WITH_REASON));
  });

  test(`has no function of more than ${PARAMETERS_MAX} parameters`, () => {
    const { linter } = JSON.parse(readFileSync(join(ROOT, 'biome.json'), 'utf8'));
    expect(linter.rules.complexity.useMaxParams.options.max).toBe(PARAMETERS_MAX);
    const args = ['lint', '--only=complexity/useMaxParams', 'bin', 'src', 'migrations', 'seeds'];
    const { status, stdout, stderr } = spawnSync(process.execPath, [BIOME, ...args], { cwd: ROOT, encoding: 'utf8' });
    expect(status, stdout + stderr).toBe(0);
  });

  test('reads the environment in one place', () => {
    const found = sources.filter(
      ({ path, text }) => /^(src|migrations|seeds)\//.test(path) && /\bprocess\.env\b/.test(text.replace(COMMENT, '')),
    );
    expect(found.map(({ path }) => path)).toEqual(['src/environment.ts']);
  });

  test('keeps migrations frozen: they import each other, types of knex, and node', () => {
    const wrong = sources
      .filter(({ path }) => path.startsWith('migrations/'))
      .flatMap(({ path, text, imports }) =>
        imports
          .filter((name) =>
            name === 'knex'
              ? !/^import type \{[^}]*\} from 'knex';$/m.test(text)
              : !(resolve(path, name) ?? name).match(/^(migrations\/|node:crypto$)/),
          )
          .map((name) => `${path}: ${name}`),
      );
    expect(wrong).toEqual([]);
  });

  test('keeps every folder of rules pure', () => {
    const impure = sources
      .filter(({ path }) => /^src\/(.+\/)?rules\//.test(path))
      .flatMap(({ path, imports }) => imports.filter((name) => IMPURE.test(name)).map((name) => `${path}: ${name}`));
    expect(impure).toEqual([]);
  });

  test('keeps test/oracles independent of what they judge', () => {
    const wrong = sources
      .filter(({ path }) => path.startsWith('test/oracles/'))
      .flatMap(({ path, imports }) =>
        imports
          .filter((name) => /^(src|bin|migrations|seeds)\//.test(resolve(path, name) ?? ''))
          .map((name) => `${path}: ${name}`),
      );
    expect(wrong).toEqual([]);
  });
});

/** Names of the tables that the migrations at these paths make. */
function tablesOf(isWanted: (path: string) => boolean): string[] {
  const names = sources
    .filter(({ path }) => path.startsWith('migrations/') && isWanted(path))
    .flatMap(({ text }) => [...text.matchAll(/CREATE TABLE (?:IF NOT EXISTS )?[`"]?(\w+)/g)].map(([, name]) => name));
  return [...new Set(names)];
}

function isForEveryone(target: string | undefined, room: string): boolean {
  const isImpure = target === 'src/environment.ts' || target === 'src/version.ts';
  return target === 'src/errors.ts' || (isImpure && !/\brules$/.test(room));
}

function readSources(folder: string): Source[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.(ts|js)$/.test(entry.name))
    .map((entry) => {
      const path = relative(ROOT, join(entry.parentPath, entry.name));
      const text = readFileSync(join(ROOT, path), 'utf8');
      return { path, text, imports: importsOf(text) };
    });
}

function importsOf(text: string): string[] {
  const patterns = [
    /^\s*(?:import|export)\b[^'"`;]*?\bfrom\s+'([^']+)'/gm,
    /^\s*import\s+'([^']+)'/gm,
    /\bimport\(\s*'([^']+)'\s*\)/g,
    /\bnew URL\(\s*'([^']+\.[jt]s)'\s*,\s*import\.meta\.url/g,
  ];
  return patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1]));
}

/** Groups of files each of which imports, by others of its group, itself. */
function circlesOf(files: readonly Source[]): string[][] {
  const paths = new Set(files.map(({ path }) => path));
  const targets = new Map(
    files.map(({ path, imports }) => [
      path,
      imports.map((specifier) => resolve(path, specifier) ?? '').filter((target) => paths.has(target)),
    ]),
  );
  const reach = (from: string) => {
    const reached = new Set<string>();
    const waiting = [...targets.get(from)!];
    for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
      if (reached.has(path)) continue;
      reached.add(path);
      waiting.push(...targets.get(path)!);
    }
    return reached;
  };
  const reached = new Map([...paths].map((path) => [path, reach(path)]));
  const onCircle = [...paths].filter((path) => reached.get(path)!.has(path));
  const groups = onCircle.map((path) =>
    onCircle.filter((other) => reached.get(path)!.has(other) && reached.get(other)!.has(path)),
  );
  return groups.filter(([first], i) => first === onCircle[i]);
}

/** Path of an import inside the checkout, or undefined for a library. dist/ holds compiled copies. */
function resolve(from: string, specifier: string): string | undefined {
  return specifier.startsWith('.') ? join(dirname(from), specifier).replace(/^dist\/(.*)\.js$/, '$1.ts') : undefined;
}

/** The most specific room of the table that holds the path. */
function roomOf(path: string): string | undefined {
  return [...table.keys()]
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** Room -> rooms it may import, from the rows of the table in the document. */
function readTable(): Map<string, Set<string>> {
  const text = readFileSync(join(ROOT, 'docs/architecture.md'), 'utf8');
  const rows = [...text.matchAll(/^\|([^|\n]+)\|[^|\n]+\|([^|\n]+)\|$/gm)]
    .map(([, room, allowed]) => ({ room: room.trim(), allowed: allowed.trim() }))
    .filter(({ room }) => room !== 'room' && !/^-+$/.test(room))
    .flatMap(({ room, allowed }) => room.split(',').map((one) => ({ room: roomName(one), allowed })));
  const rooms = rows.map(({ room }) => room);
  return new Map(
    rows.map(({ room, allowed }) => {
      if (/^all below/.test(allowed)) return [room, new Set(rooms.slice(rooms.indexOf(room) + 1))];
      if (/^nothing/.test(allowed)) return [room, new Set<string>()];
      const names = allowed.split(',').map((word) => word.trim());
      return [room, new Set(rooms.filter((one) => names.some((name) => one === name || one === `src/${name}`)))];
    }),
  );
}

/** `src/jobs/` -> `src/jobs`. */
function roomName(cell: string): string {
  return cell.trim().replace(/\/$/, '');
}
