import type { Command } from 'commander';

/** What a command's file is given to add itself to the program. */
export interface Cli {
  readonly program: Command;
  /** Sets the exit code of a command that ends without an error; 0 unless called. */
  exit(code: number): void;
}
