/** The command line of a platform: how arguments become an exit code. */
import { type Command, CommanderError } from 'commander';
import { environment } from '../environment.ts';
import { ExitCode, hideCredentials, usageError } from '../errors.ts';
import { logNotStarted } from './asked-run.ts';
import { createProgram, type Program } from './create-program.ts';
import type { Platform } from './domain.ts';
import { reportError, tell } from './errors.ts';
import { outputDrained, stdoutWriter } from './output/writer.ts';
import type { Shorthand } from './platform-options.ts';
import { writeTerminationLog } from './termination-log.ts';

/** Runs one command line, without the program's own name. Resolves to the exit code; never rejects. */
export async function main(args: readonly string[], platform: Platform): Promise<number> {
  const exitCode = await runCommand(args, platform);
  await outputDrained();
  return exitCode;
}

async function runCommand(args: readonly string[], platform: Platform): Promise<number> {
  let exitCode = 0;
  let running: Command | undefined;
  const program = createProgram(platform, (code) => {
    exitCode = code;
  });
  const { command } = program;
  command.hook('preAction', (_program, own) => {
    running = own;
  });
  try {
    requireNoSecret(args);
    await tellParameters(args, program);
    await command.parseAsync(withDefaultCommand(args, command, platform.shorthand), { from: 'user' });
    return unwrittenOutput(running !== undefined && program.isForOutput(running)) ?? exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version were asked for, and printed.
      if (error.exitCode === 0) return 0;
      if (error.code === 'commander.help') return 2;
      return reportError(usageProblem(error));
    }
    const asked = running === undefined ? undefined : program.askedRun(running);
    if (asked !== undefined) await logNotStarted(error, asked, command.opts());
    const failed = await reportError(error, command.opts().logLevel ?? environment().SETTLE_LOG);
    const message = error instanceof Error ? error.message : String(error);
    writeTerminationLog({ exitCode: failed, ...asked, message });
    return failed;
  }
}

/**
 * What it means that standard output could not be written: nothing when its reader has seen enough, a failure when the
 * output is all that the command was for, a word about it otherwise.
 */
function unwrittenOutput(isForOutput: boolean): number | undefined {
  const { failure, isReaderGone } = stdoutWriter;
  if (failure === undefined || isReaderGone) return undefined;
  tell(`standard output could not be written: ${failure.message}`);
  return isForOutput ? ExitCode.failed : undefined;
}

/** `settle --date D` is short for `settle run daily --date D`, where the platform says so. */
function withDefaultCommand(args: readonly string[], program: Command, shorthand: Shorthand | undefined): string[] {
  if (shorthand === undefined) return [...args];
  const { option, job } = shorthand;
  const names = program.commands.map((command) => command.name());
  for (const arg of args) {
    if (names.includes(arg)) break;
    if (arg === option || arg.startsWith(`${option}=`)) return ['run', job, ...args];
  }
  return [...args];
}

function usageProblem(error: CommanderError): Error {
  const [message, suggestion] = error.message.replace(/^error: /, '').split('\n');
  const hint =
    suggestion?.replace(/^\((.*)\)$/, '$1') ?? '`settle --help` lists commands, `settle COMMAND --help` its options';
  return usageError(message, hint);
}

/** The command line is seen by everyone in `ps`, and parameters are stored. */
function requireNoSecret(args: readonly string[]): void {
  if (args.every((arg) => hideCredentials(arg) === arg)) return;
  throw usageError(
    'an argument holds a URL with a password, which everyone on this machine can read in `ps`',
    'give the URL of the database in SETTLE_DATABASE_URL, or as databaseUrlFile in the config file',
  );
}

/** `settle run JOB --help` tells of the job's parameters, too. */
async function tellParameters(args: readonly string[], { command, registry }: Program): Promise<void> {
  const [name, ...more] = args;
  if (name !== 'run' || !more.some((arg) => arg === '--help' || arg === '-h')) return;
  const jobName = more.find((arg) => !arg.startsWith('-'));
  const job = jobName === undefined ? undefined : await registry.jobNamed(jobName);
  if (job === undefined) return;
  const { parametersText } = await import('./output/parameters-text.ts');
  command.commands.find((one) => one.name() === name)?.addHelpText('after', parametersText(job));
}
