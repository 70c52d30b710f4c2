/** What the files of the project say of itself is true: workflows run what exists, documents name files that exist. */
import { existsSync, globSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, test } from 'vitest';
import { parseDocument } from 'yaml';

const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');
const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
const targets = new Set([...read('Makefile').matchAll(/^([\w-]+):(?! export)/gm)].map(([, name]) => name));

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly permissions: Readonly<Record<string, string>>;
  readonly jobs: Readonly<
    Record<string, { readonly steps: readonly Step[]; readonly services?: Record<string, Service> }>
  >;
}
interface Step {
  readonly uses?: string;
  readonly run?: string;
}
interface Service {
  readonly image: string;
}

const yamlFiles = ['.github/workflows', '.github/ISSUE_TEMPLATE', '.github'].flatMap((folder) =>
  readdirSync(join(ROOT, folder))
    .filter((name) => name.endsWith('.yml'))
    .map((name) => `${folder}/${name}`),
);
const workflow = (name: string) => parseYaml(`.github/workflows/${name}`) as Workflow;
const workflows = yamlFiles.filter((path) => path.startsWith('.github/workflows/'));

test.each(yamlFiles)('%s is YAML without mistakes', (path) => {
  expect(parseYaml(path)).toBeTypeOf('object');
});

describe.each(workflows)('%s', (path) => {
  const { jobs, permissions } = parseYaml(path) as Workflow;
  const steps = Object.values(jobs).flatMap((job) => job.steps);

  test('runs scripts and targets that exist', () => {
    const commands = steps.map(({ run = '' }) => run).join('\n');
    const named = [
      ...[...commands.matchAll(/\bnpm run (?:--silent )?([\w:-]+)/g)].map(([, name]) =>
        scripts[name] ? '' : `npm run ${name}`,
      ),
      ...[...commands.matchAll(/\bmake ([\w-]+)/g)].map(([, name]) => (targets.has(name) ? '' : `make ${name}`)),
    ];
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((missing) => missing !== '')).toEqual([]);
  });

  test('may only read, unless a job says more', () => {
    expect(permissions).toEqual({ contents: 'read' });
  });

  test('runs on the version of Node.js that the package asks for', () => {
    const { engines } = JSON.parse(read('package.json')) as { engines: { node: string } };
    for (const [, version] of read(path).matchAll(/node-version: (\S+)/g)) expect(`>=${version}`).toBe(engines.node);
  });
});

test('ci runs on the databases that settle is for', () => {
  const { linux } = workflow('ci.yml').jobs;
  const images = Object.values(linux.services!).map(({ image }) => image);
  expect(images).toEqual(['mariadb:10.11', expect.stringMatching(/^mysql:.*matrix\.mysql/), 'redis:7']);
  expect(read('.github/workflows/ci.yml')).toContain("mysql: ['8.4', '9']");
  const given = [...read('.github/workflows/ci.yml').matchAll(/\b(SETTLE_TEST_\w+):/g)].map(([, name]) => name);
  const known = globSync('test/support/servers/*.ts', { cwd: ROOT }).map(read).join('\n');
  expect(given.filter((name) => !known.includes(`process.env.${name}`))).toEqual([]);
});

test('a release is made by a tag alone, with provenance', () => {
  const { on, jobs } = workflow('release.yml');
  expect(on).toEqual({ push: { tags: ['v*'] } });
  const publish = jobs.npm.steps.filter(({ run }) => run?.includes('npm publish'));
  expect(publish.map(({ run }) => run)).toEqual(['npm publish --provenance --access public']);
});

describe.each(['CONTRIBUTING.md', 'SECURITY.md', '.github/pull_request_template.md'])('%s', (path) => {
  const text = read(path);

  test('names files and folders that exist', () => {
    const links = [...text.matchAll(/\]\(([^)#:]+)\)/g)].map(([, target]) => target);
    const paths = [...text.matchAll(/(?<![\w/])(?:bin|src|test|migrations|seeds|docs)\/[\w./-]*/g)]
      .map(([name]) => name.replace(/[.:,]$/, ''))
      .filter((name) => !/NAME|NNNN|DOMAIN/.test(text.slice(text.indexOf(name), text.indexOf(name) + name.length + 5)));
    expect([...links, ...paths].filter((name) => !existsSync(join(ROOT, name)))).toEqual([]);
  });

  test('names scripts and targets that exist', () => {
    const named = [...text.matchAll(/\bnpm run ([\w:-]+)/g)].map(([, name]) => name).filter((name) => !scripts[name]);
    const made = [...text.matchAll(/\bmake ([a-z-]+)/g)].map(([, name]) => name).filter((name) => !targets.has(name));
    expect([...named, ...made]).toEqual([]);
  });
});

function parseYaml(path: string): unknown {
  const document = parseDocument(read(path), { strict: true, uniqueKeys: true });
  expect(document.errors).toEqual([]);
  return document.toJS();
}
