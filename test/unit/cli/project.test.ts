/** A project's config file: which jobs and tables a start has by it, and what is told of a faulty one. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { engineMigrations } from '../../../migrations/engine/index.ts';
import { platformMigrations } from '../../../migrations/index.ts';
import { findConfigFile, readConfigFile } from '../../../src/cli/config-file.ts';
import { createProgram } from '../../../src/cli/create-program.ts';
import { createRegistry } from '../../../src/cli/create-registry.ts';
import { configFlag, projectPlatform } from '../../../src/cli/project/project-platform.ts';
import { madeBy } from '../../../src/define/made-by.ts';
import { defineConfig, defineJob, task } from '../../../src/index.ts';
import { sinkRoutes } from '../../../src/jobs/outbox/routes.ts';
import { platform } from '../../../src/platform.ts';
import { version } from '../../../src/version.ts';

const folder = mkdtempSync(join(tmpdir(), 'settle-project-'));
afterAll(() => rmSync(folder, { recursive: true }));
let projects = 0;

/** Writes the files of a project; the path of its config, which is the first of them. */
function project(files: Readonly<Record<string, string>>): string {
  const own = join(folder, String(++projects));
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(own, name)), { recursive: true });
    writeFileSync(join(own, name), text);
  }
  return join(own, Object.keys(files)[0]);
}

const start = (config: string) => projectPlatform(['jobs', '--config', config], platform);
const jobsOf = async (config: string) => (await createRegistry(await start(config)).jobs()).map(({ name }) => name);
const job = (name: string) =>
  `export default { name: '${name}', description: '', parameters: [], steps: [{ kind: 'tasklet', name: 'a', run() {} }] };`;
const JOBS = "export default { jobs: ['jobs/*.ts'] };";

describe('a project with jobs', () => {
  const config = project({
    'settle.config.ts': "const jobs: string[] = ['./jobs/*.ts']; export default { jobs, migrations: ['own.js'] };",
    'own.js': "export default [{ name: 'me/0001_orders', sqlite: ['SELECT 1'], mariadb: [], mysql: [] }];",
    'jobs/b.ts': job('b'),
    'jobs/a.ts': `interface Nothing {} ${job('a')}`,
    'jobs/a.test.ts': 'throw new Error("a test is no job")',
  });

  test('has them, the engine, and nothing of the platform', async () => {
    expect(await jobsOf(config)).toEqual(['a', 'b']);
    const own = await start(config);
    const commands = createProgram(own, () => {}).command.commands.map((command) => command.name());
    expect(commands).toEqual(expect.arrayContaining(['run', 'show', 'replay']));
    expect(commands).not.toContain('challenge');
  });

  test('has tables of the engine and of its own, and knows those of the platform', async () => {
    const own = await start(config);
    const names = (await own.migrations()).map(({ name }) => name);
    expect(names).toEqual([...engineMigrations.map(({ name }) => name), 'me/0001_orders']);
    expect(await own.knownMigrations?.()).toHaveLength(platformMigrations.length);
  });

  test('has the platform besides, where it says so', async () => {
    const both = project({ 'c.mjs': "export default { platform: true, jobs: ['a.ts'] };", 'a.ts': job('a') });
    expect(await jobsOf(both)).toEqual(expect.arrayContaining(['daily', 'a']));
    expect(await (await start(both)).migrations()).toEqual(platformMigrations);
  });
});

test('a config without jobs is the platform with other settings', async () => {
  expect(await jobsOf(project({ 'c.json': '{"workers": 2}' }))).toContain('daily');
  expect(await jobsOf(project({ 'c.json': '{"platform": false}' }))).toEqual([]);
});

test('sinks of the outbox are those of the environment, else those of the file', async () => {
  const byTopic = project({ 'c.json': '{"sinks": {"payout": "http://a/", "*": "redis://b/c"}}' });
  const one = project({ 'c.json': '{"sinks": "http://d/"}' });
  try {
    await start(byTopic);
    expect(sinkRoutes(undefined)).toEqual({ payout: 'http://a/', '*': 'redis://b/c' });
    await start(one);
    expect(sinkRoutes(undefined)).toEqual({ payout: 'http://a/', '*': 'redis://b/c' });
    vi.stubEnv('SETTLE_SINKS', '');
    await start(one);
    expect(sinkRoutes(undefined)).toEqual({ '*': 'http://d/' });
  } finally {
    vi.unstubAllEnvs();
    delete process.env.SETTLE_SINKS;
  }
  const wrong = project({ 'c.json': '{"sinks": {"payout": 7}}' });
  await expect(readConfigFile(wrong)).rejects.toThrow(/"sinks.*must be/);
});

test('a job may be given itself', async () => {
  const own = defineJob('own', {}, [task('a', async () => {})]);
  expect(defineConfig({ jobs: [own] })).toMatchObject({ jobs: [own], [madeBy]: version() });
  expect(own).toMatchObject({ [madeBy]: version() });
});

test.each([
  [{ 'c.ts': JOBS }, /^"jobs\[0\]" in the config file: there is no file jobs\/\*.ts$/],
  [{ 'c.ts': JOBS, 'jobs/a.ts': 'throw new Error("no such luck");' }, /jobs\/a.ts cannot be loaded: no such luck/],
  [{ 'c.ts': JOBS, 'jobs/a.ts': "import 'not-there';" }, /jobs\/a.ts cannot be loaded: .*not-there/],
  [{ 'c.ts': JOBS, 'jobs/a.ts': 'export const a = 1;' }, /jobs\/a.ts has no default export/],
  [{ 'c.ts': JOBS, 'jobs/a.ts': 'export default 5;' }, /the default export of .*jobs\/a.ts is not a job/],
  [{ 'c.ts': JOBS, 'jobs/a.ts': job('A_b') }, /jobs\/a.ts: .*"A_b" is wrong: its name must be lower-case words/],
  [{ 'c.ts': JOBS, 'jobs/a.ts': job('a'), 'jobs/b.ts': job('a') }, /two jobs a: in .*jobs\/a.ts and in .*jobs\/b.ts/],
  [
    { 'c.ts': "export default { platform: true, jobs: ['a.ts'] };", 'a.ts': job('daily') },
    /there are two jobs daily: in daily and in .*a.ts/,
  ],
  [
    {
      'c.ts': JOBS,
      'jobs/a.ts': `${job('a')} const a = {}; `.replace('{ name', "{ [Symbol.for('settle.madeBy')]: '0.0.1', name"),
    },
    /jobs\/a.ts imports settle 0.0.1, and this is settle/,
  ],
  [{ 'c.ts': "export default { [Symbol.for('settle.madeBy')]: '9.0.0' };" }, /c.ts imports settle 9.0.0, and this is/],
  [{ 'c.ts': 'export const config = {};' }, /c.ts has no default export/],
  [{ 'c.ts': 'throw new Error("mysql://u:secret@h is wrong");' }, /c.ts cannot be loaded: mysql:\/\/\*\*\*@h is wrong/],
  [
    { 'c.ts': 'export default { jobs: [{}] };' },
    /"jobs\[0\]" in the config file must be the path of a module or a job/,
  ],
  [{ 'c.ts': "export default { jobs: 'a.ts' };" }, /"jobs" in the config file must be a list, this text is none/],
  [
    { 'c.ts': 'export default { platform: 1 };' },
    /"platform" in the config file must be true or false, this number is/,
  ],
  [{ 'c.ts': 'export default { jbos: [] };' }, /unknown key "jbos" in the config file/],
])('%j is refused', async (files, message) => {
  const error = await jobsOf(project(files)).catch((reason: unknown) => reason);
  expect(error).toMatchObject({ exitCode: 2, code: 'USAGE', message: expect.stringMatching(message) });
});

test('what is wrong is told by the command that needs the file, and --help is there without it', async () => {
  const faulty = project({ 'c.ts': 'export default 5;' });
  const own = await start(faulty);
  expect(createProgram(own, () => {}).command.helpInformation()).toContain('migrate');
  await expect(readConfigFile(faulty)).rejects.toMatchObject({ exitCode: 2 });
});

test('one of several files must be named', () => {
  const [before, own] = [process.cwd(), dirname(project({ 'settle.config.ts': '', 'settle.config.json': '' }))];
  try {
    process.chdir(own);
    expect(() => findConfigFile(undefined)).toThrow('there are settle.config.ts and settle.config.json');
    expect(findConfigFile('settle.config.ts')).toBe('settle.config.ts');
  } finally {
    process.chdir(before);
  }
});

test.each([
  [['run', 'a', '--config', 'x.ts'], 'x.ts'],
  [['--config=x.ts', 'run'], 'x.ts'],
  [['run', '--', '--config', 'x.ts'], undefined],
])('%j names the config file %s', (args, file) => {
  expect(configFlag(args)).toBe(file);
});
