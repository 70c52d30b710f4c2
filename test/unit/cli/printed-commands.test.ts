/**
 * Every command that the program prints (under `next`, in a hint, by doctor) is one that it takes: collected from the
 * sources, placeholders filled, and parsed by the program's own definitions without running anything.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { describe, expect, test } from 'vitest';
import { createProgram } from '../../../src/cli/create-program.ts';
import { platform } from '../../../src/platform.ts';

const SRC = fileURLToPath(new URL('../../../src', import.meta.url));
/** Others' folders: what the benchmark prints are labels. */
const APART = /^bench\//;

/** Whole commands that a text goes on behind, and names of commands without what they need. */
const namesAlone = ['settle run', 'settle ledger post', 'settle import', 'settle seed', 'settle reprice'];

const program = createProgram(platform, () => {}).command;
const names = new Set(program.commands.map((one) => one.name()));
const printed = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter((path) => path.endsWith('.ts') && !APART.test(path))
  .flatMap((path) => commandsIn(readFileSync(join(SRC, path), 'utf8')).map((command) => ({ path, command })));
const runbook = readFileSync(new URL('../../../docs/runbook.md', import.meta.url), 'utf8');
const parsed = printed.map((one) => ({ ...one, args: argsOf(one.command) }));

describe('a command that is printed', () => {
  test('there are many of them', () => {
    expect(printed.length).toBeGreaterThan(60);
  });

  test('is one that the command line takes', () => {
    const refused = parsed.flatMap(({ path, command, args }) => {
      const problem = problemOf(args);
      return problem === undefined ? [] : [`${path}: ${command} -> ${args.join(' ')}: ${problem}`];
    });
    expect(refused).toEqual([]);
  });

  test('of the runbook is one that the command line takes, and is one that is typed', () => {
    // Behind a prompt, indented under `next`, and between backticks.
    const typed = [...runbook.matchAll(/(?:^\$ | {2}|`)(settle [a-z-][^`\n]*)/gm)].map(([, command]) => command);
    expect(typed.length).toBeGreaterThan(60);
    const refused = typed.flatMap((command) => {
      const problem = problemOf(argsOf(command));
      return problem === undefined ? [] : [`${command}: ${problem}`];
    });
    expect(refused).toEqual([]);
  });

  test.each([
    ['settle recoverr', 'unknown command'],
    ['settle restart', 'missing required argument'],
    ['settle run daily --dat 2026-11-20', 'unknown option'],
    ['settle close', "required option '--date"],
  ])('%s would be found', (command, problem) => {
    expect(problemOf(argsOf(command))).toContain(problem);
  });
});

/** Texts between quotes of any kind that begin with `settle `, outside of comments. */
function commandsIn(source: string): string[] {
  const code = source.replace(/\/\*[\s\S]*?\*\//g, '').replace(/^\s*\/\/.*$/gm, '');
  const found: string[] = [];
  // In a message: `settle ...` between (escaped) backticks.
  for (const [, command] of code.matchAll(/\\?`(settle [a-z-][^`\\]*)\\?`/g)) found.push(command);
  // Whole texts, and what stands behind `run:`, `with:` or `first:`.
  for (const [, command] of code.matchAll(/'(settle [a-z]+[^'\n]*)'/g)) found.push(command);
  for (const [, command] of code.matchAll(/(?:run|with|first): (settle [^'`\n]*)['`]/g)) found.push(command);
  for (const [, command] of code.matchAll(/\n {2}(settle [a-z][^\n'`\\]*)/g)) found.push(command);
  for (const [, command] of code.matchAll(/\\n {2}(settle [^'`\\]*)/g)) found.push(command);
  return [...new Set(found.map((command) => command.trim()))].filter((command) => isCommand(command));
}

/** Not `settle needs ...`: its first word is a command or an option, or is to be found out. */
function isCommand(command: string): boolean {
  if (namesAlone.includes(command)) return false;
  const [, word = ''] = command.split(' ');
  return word.startsWith('--') || names.has(word) || word.startsWith('$');
}

/** Placeholders filled by what they stand for; what follows two blanks is a remark. */
function argsOf(command: string): string[] {
  return (
    command
      .replace(/^settle /, '')
      .replace(/ {2,}.*$/, '')
      .replace(/ \(.*$/, '')
      .replace(/ 2?>.*$/, '')
      .replace(/--reason(?: (?:\.\.\.|R|TEXT|".*?"))?/g, '--reason why')
      // Cut off at a text within a text: an option that may be there.
      .replace(/\$\{\w+ === undefined \? '.*$/, '')
      .replace(/\$\{[^}]*(?:[zZ]one|usual)[^}]*\}/g, 'Asia/Seoul')
      .replace(/\$\{[^}]*(?:[dD]ate|first)[^}]*\}/g, '2026-11-20')
      .replace(/\$\{[^}]*jobName[^}]*\}/g, 'daily')
      .replace(/\$\{[^}]*\}/g, '7')
      .replace(/\b(?:ID:HASH)\b/g, '7:ab')
      .replace(/--date D\b|\bDATE\b/g, (text) => text.replace(/D(?:ATE)?$/, '2026-11-20'))
      .replace(/\b(?:ID|N|U)\b/g, '7')
      .split(' ')
      .filter((arg) => arg !== '' && arg !== '...')
  );
}

/** What the program says to these arguments; undefined when it takes them. Nothing runs. */
function problemOf(args: readonly string[]): string | undefined {
  const own = createProgram(platform, () => {}).command;
  disarm(own);
  const short = args[0]?.startsWith('--date') ? ['run', 'daily', ...args] : args;
  try {
    own.parse(short, { from: 'user' });
    return undefined;
  } catch (error) {
    const { code, message } = error as { code?: string; message: string };
    return code === 'commander.helpDisplayed' || code === 'commander.help' ? undefined : message;
  }
}

function disarm(command: Command): void {
  command.exitOverride().configureOutput({ outputError: () => {}, writeOut: () => {}, writeErr: () => {} });
  // A group that does something by itself, too; one that only holds others stays one that shows its help.
  if (command.commands.length === 0 || hasAction(command)) command.action(() => {});
  for (const one of command.commands) disarm(one);
}

/** Commander keeps it to itself. */
function hasAction(command: Command): boolean {
  return typeof (command as { readonly _actionHandler?: unknown })._actionHandler === 'function';
}
