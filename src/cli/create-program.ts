/** Every command of a platform, none of them run. */
import { Command, Help } from 'commander';
import { version } from '../version.ts';
import type { AskedRun } from './asked-run.ts';
import type { Cli } from './cli.ts';
import type { Registry } from './command-context.ts';
import { registerAbandon } from './commands/abandon.ts';
import { registerCopyTable } from './commands/copy-table.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerJobs } from './commands/jobs.ts';
import { registerMetrics } from './commands/metrics.ts';
import { registerMigrate } from './commands/migrate.ts';
import { registerPurge } from './commands/purge.ts';
import { registerRecover } from './commands/recover.ts';
import { registerReplay } from './commands/replay.ts';
import { registerRestart } from './commands/restart.ts';
import { registerRun } from './commands/run.ts';
import { registerRuns } from './commands/runs.ts';
import { registerShow } from './commands/show.ts';
import { registerSkipped } from './commands/skipped.ts';
import { registerStop } from './commands/stop.ts';
import { registerWait } from './commands/wait.ts';
import { registerWorker } from './commands/worker.ts';
import { LOG_LEVELS } from './config.ts';
import { createRegistry } from './create-registry.ts';
import type { Platform } from './domain.ts';
import { forceOption } from './force-unfit.ts';
import { stdoutWriter } from './output/writer.ts';

export interface Program {
  readonly command: Command;
  /** Whether the command's output is its whole work; that of the others is done, whether or not anybody hears of it. */
  isForOutput(command: Command): boolean;
  readonly registry: Registry;
  /** What a command line asked to run; undefined for commands that run no job. */
  askedRun(command: Command): AskedRun | undefined;
}

/** `exit` is told the exit code of a command that ends without an error. */
export function createProgram(platform: Platform, exit: (code: number) => void): Program {
  const program = new Command('settle')
    .description(platform.description)
    .version(version(), '-V, --version', 'print the version')
    .option('--config <file>', 'config file (default: settle.config.ts, .js, .mjs or .json, where there is one)')
    .option('--log-level <level>', `${LOG_LEVELS.join(', ')} (default: warn on a terminal, info elsewhere)`)
    .option('--log-format <format>', 'json or text (default: text on a terminal, json elsewhere)')
    .helpCommand(false)
    .configureHelp({ visibleCommands: inOrder(platform.commandOrder ?? []) })
    .showSuggestionAfterError()
    .exitOverride()
    // Errors are printed by reportError, as one line.
    .configureOutput({ outputError: () => {}, writeOut: (text) => stdoutWriter.write(text) })
    .addHelpText('after', `${shortFormText(platform)}${HELP}`);
  const forOutput = new Set<Command>();
  const starting = new Map<Command, (command: Command) => AskedRun | undefined>();
  const registry = createRegistry(platform);
  const cli: Cli = {
    program,
    registry,
    exit,
    group: (name, description, help = '') =>
      program.commands.find((one) => one.name() === name) ??
      program.command(name).description(description).addHelpText('after', help),
    forOutput(command) {
      forOutput.add(command);
      return command;
    },
    startsJob(command, asked) {
      starting.set(command, asked);
      return command.option('--metrics-file <file>', 'write the metrics there at the end, also of a run that failed');
    },
    forceOption: () => forceOption(platform),
    helpOf: (command) => platform.help?.[command] ?? '',
    withDatabase: async (flags, work, options) =>
      await (await import('./context.ts')).withDatabase(registry, flags, work, options),
    withReadableDatabase: async (flags, work) =>
      await (await import('./context.ts')).withReadableDatabase(registry, flags, work),
  };
  registerRun(cli);
  registerJobs(cli);
  registerRuns(cli);
  registerShow(cli);
  registerSkipped(cli);
  registerReplay(cli);
  registerStop(cli);
  registerRestart(cli);
  registerAbandon(cli);
  registerRecover(cli);
  registerWait(cli);
  registerWorker(cli);
  registerPurge(cli);
  registerDoctor(cli);
  registerMigrate(cli);
  registerMetrics(cli);
  registerCopyTable(cli);
  for (const domain of platform.domains) domain.register?.(cli);
  return {
    command: program,
    registry,
    isForOutput: (command) => forOutput.has(command),
    askedRun: (command) => starting.get(command)?.(command),
  };
}

/** Commands of a platform belong between those of the engine: what is read by day, what runs by night. */
function inOrder(order: readonly string[]): (command: Command) => Command[] {
  const place = (command: Command) => {
    const at = order.indexOf(nameOf(command));
    return at < 0 ? order.length : at;
  };
  return (command) => new Help().visibleCommands(command).sort((a, b) => place(a) - place(b));
}

/** `ledger statement` for a command of a command. */
function nameOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${nameOf(parent)} ${command.name()}`;
}

function shortFormText({ shorthand }: Platform): string {
  if (shorthand === undefined) return '';
  const { option, job, example } = shorthand;
  const short = `settle ${option} ${example}`;
  return `\nShort form:\n  ${short.padEnd(36)}the same as: settle run ${job} ${option} ${example}\n`;
}

const HELP = `
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
