import type { Command, Option } from 'commander';
import type { AskedRun } from './asked-run.ts';
import type { CommandContext, Registry } from './command-context.ts';
import type { GlobalFlags } from './config.ts';
import type { ContextOptions } from './context.ts';

/** What a command's file is given to add itself to the program. */
export interface Cli {
  readonly program: Command;
  readonly registry: Registry;
  /** Sets the exit code of a command that ends without an error; 0 unless called. */
  exit(code: number): void;
  /** The command of this name that only holds others (`explain`); made by who asks first. `help` is its end. */
  group(name: string, description: string, help?: string): Command;
  /** Marks a command whose output is its whole work: one that cannot write it has failed. */
  forOutput(command: Command): Command;
  /** Marks a command that starts a job, so that one which never began is logged, too. */
  startsJob(command: Command, asked: (command: Command) => AskedRun | undefined): Command;
  /** The switch that starts a job although its `requireFit` refuses: `forceUnfit` among the flags. */
  forceOption(): Option;
  /** What stands behind the help of a command of the engine. */
  helpOf(command: string): string;
  /** See `context.ts`. */
  withDatabase<T>(
    flags: GlobalFlags,
    work: (context: CommandContext) => Promise<T>,
    options?: ContextOptions,
  ): Promise<T>;
  withReadableDatabase<T>(flags: GlobalFlags, work: (context: CommandContext) => Promise<T>): Promise<T>;
}
