/** The command line: which commands there are, what all of them share, and how arguments become an exit code. */
import { Command, CommanderError } from 'commander';
import { environment } from '../environment.ts';
import { ExitCode, usageError } from '../errors.ts';
import { askedRun, logNotStarted } from './asked-run.ts';
import type { Cli } from './cli.ts';
import { registerAbandon } from './commands/abandon.ts';
import { registerBench } from './commands/bench.ts';
import { registerChallenge } from './commands/challenge.ts';
import { registerClose } from './commands/close.ts';
import { registerDates } from './commands/dates.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerExplain } from './commands/explain.ts';
import { registerImport } from './commands/import.ts';
import { registerJobs } from './commands/jobs.ts';
import { registerLedger } from './commands/ledger.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPurge } from './commands/purge.ts';
import { registerRates } from './commands/rates.ts';
import { registerRecover } from './commands/recover.ts';
import { registerReplay } from './commands/replay.ts';
import { registerReprice } from './commands/reprice.ts';
import { registerRestart } from './commands/restart.ts';
import { registerRun } from './commands/run.ts';
import { registerRuns } from './commands/runs.ts';
import { registerSeed } from './commands/seed.ts';
import { registerSettlement } from './commands/settlement.ts';
import { registerShow } from './commands/show.ts';
import { registerSkipped } from './commands/skipped.ts';
import { registerStats } from './commands/stats.ts';
import { registerStop } from './commands/stop.ts';
import { registerVerify } from './commands/verify.ts';
import { LOG_LEVELS } from './config.ts';
import { reportError, tell } from './errors.ts';
import { outputDrained, stdoutWriter } from './output/writer.ts';
import { writeTerminationLog } from './termination-log.ts';
import { version } from './version.ts';

/** Commands whose output is their whole work; that of the others is done, whether or not anybody hears of it. */
const OUTPUT_COMMANDS: ReadonlySet<string> = new Set([
  ...['stats', 'settlement', 'show', 'runs', 'jobs', 'skipped', 'challenge show'],
  ...['explain settlement', 'explain payout', 'explain balance', 'ledger balances', 'ledger statement'],
]);

/** Runs one command line, without the program's own name. Resolves to the exit code; never rejects. */
export async function main(args: readonly string[]): Promise<number> {
  const exitCode = await runCommand(args);
  await outputDrained();
  return exitCode;
}

async function runCommand(args: readonly string[]): Promise<number> {
  let exitCode = 0;
  let isForOutput = false;
  let running: Command | undefined;
  const program = createProgram((code) => {
    exitCode = code;
  });
  program.hook('preAction', (_program, command) => {
    isForOutput = OUTPUT_COMMANDS.has(nameOf(command));
    running = command;
  });
  try {
    await program.parseAsync(withDefaultCommand(args, program), { from: 'user' });
    return unwrittenOutput(isForOutput) ?? exitCode;
  } catch (error) {
    if (error instanceof CommanderError) {
      // Help and version were asked for, and printed.
      if (error.exitCode === 0) return 0;
      if (error.code === 'commander.help') return 2;
      return reportError(usageProblem(error));
    }
    const asked = running === undefined ? undefined : askedRun(nameOf(running), running);
    if (asked !== undefined) await logNotStarted(error, asked, program.opts());
    const failed = await reportError(error, program.opts().logLevel ?? environment().SETTLE_LOG);
    const message = error instanceof Error ? error.message : String(error);
    writeTerminationLog({ exitCode: failed, ...asked, message });
    return failed;
  }
}

/** Every command, none of them run. `exit` is told the exit code of one that ends without an error. */
export function createProgram(exit: (code: number) => void): Command {
  const program = new Command('settle')
    .description('Settles one business date at a time: view statistics from a raw log, restartable and exact.')
    .version(version(), '-V, --version', 'print the version')
    .option('--config <file>', 'config file (default: settle.config.json, where there is one)')
    .option('--log-level <level>', `${LOG_LEVELS.join(', ')} (default: warn on a terminal, info elsewhere)`)
    .option('--log-format <format>', 'json or text (default: text on a terminal, json elsewhere)')
    .helpCommand(false)
    .showSuggestionAfterError()
    .exitOverride()
    // Errors are printed by reportError, as one line.
    .configureOutput({ outputError: () => {}, writeOut: (text) => stdoutWriter.write(text) })
    .addHelpText('after', HELP);
  const cli: Cli = { program, exit };
  registerRun(cli);
  registerJobs(cli);
  registerRuns(cli);
  registerDates(cli);
  registerShow(cli);
  registerStats(cli);
  registerVerify(cli);
  registerSettlement(cli);
  registerExplain(cli);
  registerLedger(cli);
  registerChallenge(cli);
  registerClose(cli);
  registerRates(cli);
  registerReprice(cli);
  registerSkipped(cli);
  registerReplay(cli);
  registerStop(cli);
  registerRestart(cli);
  registerAbandon(cli);
  registerRecover(cli);
  registerPurge(cli);
  registerDoctor(cli);
  registerMigrate(cli);
  registerImport(cli);
  registerSeed(cli);
  registerBench(cli);
  return program;
}

/** `ledger statement` for a command of a command. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
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

/** `settle --date D` is short for `settle run daily --date D`. */
function withDefaultCommand(args: readonly string[], program: Command): string[] {
  const names = program.commands.map((command) => command.name());
  for (const arg of args) {
    if (names.includes(arg)) break;
    if (arg === '--date' || arg.startsWith('--date=')) return ['run', 'daily', ...args];
  }
  return [...args];
}

function usageProblem(error: CommanderError): Error {
  const [message, suggestion] = error.message.replace(/^error: /, '').split('\n');
  const hint =
    suggestion?.replace(/^\((.*)\)$/, '$1') ?? '`settle --help` lists commands, `settle COMMAND --help` its options';
  return usageError(message, hint);
}

const HELP = `
Short form:
  settle --date 2026-11-20            the same as: settle run daily --date 2026-11-20

Settings (flags win over the environment, the environment over the config file):
  SETTLE_DATABASE_URL                 mysql://user:password@host:3306/db, mariadb://..., sqlite:PATH
                                      (default: sqlite:settle.db), or the path of a file that holds it
                                      in SETTLE_DATABASE_URL_FILE
  SETTLE_ZONE, SETTLE_WORKERS, SETTLE_LOG, SETTLE_LOG_FORMAT

Exit codes:
  0 completed or already complete   1 failed, a retry may help   2 usage or configuration
  3 completed with skipped records  10 schema out of date        11 already running elsewhere
  4 complete, but rows of the date arrived since
  20 reconciliation or invariant broken                          129, 130, 143 stopped by SIGHUP, SIGINT, SIGTERM
`;
