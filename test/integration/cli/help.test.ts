/** What the program says of itself, and how soon. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { runSettle } from '../../support/run-settle.ts';

const COMMANDS = [
  'run',
  'jobs',
  'runs',
  'show',
  'stats',
  'verify',
  'ledger',
  'skipped',
  'replay',
  'stop',
  'restart',
  'abandon',
  'recover',
  'wait',
  'worker',
  'purge',
  'migrate',
  'import',
  'seed',
  'bench',
];

test.each(COMMANDS)('settle %s --help has an example', async (command) => {
  const { code, stdout, stderr } = await runSettle([command, '--help']);
  expect(code).toBe(0);
  expect(stdout).toMatch(new RegExp(`Examples?:\\n.*settle ${command}`));
  expect(stderr).toBe('');
});

// How soon is measured by `settle bench start-up`.
test('settle --help lists every command', async () => {
  const { stdout } = await runSettle(['--help']);
  for (const command of COMMANDS) expect(stdout).toMatch(new RegExp(`^  ${command} `, 'm'));
});

test('settle --version is the version of the package', async () => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8'));
  expect(await runSettle(['--version'])).toMatchObject({ code: 0, stdout: `${version}\n` });
});

test('settle alone explains itself on stderr and is an error of use', async () => {
  const { code, stdout, stderr } = await runSettle([]);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('Usage: settle');
});

describe('jobs needs no database', () => {
  test('as a table', async () => {
    const { code, stdout } = await runSettle(['jobs'], { url: 'sqlite:/nowhere/at/all.db' });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^daily +everything due on a business date/m);
  });

  test('as JSON', async () => {
    const { stdout } = await runSettle(['jobs', '--json'], { url: 'sqlite:/nowhere/at/all.db' });
    const daily = JSON.parse(stdout).find((job: { name: string }) => job.name === 'daily');
    expect(daily.parameters.map(({ name }: { name: string }) => name)).toContain('zone');
  });
});
