/** The command line of a program that has one job, or a few: what `settle` is for the platform. */
import { isMainThread } from 'node:worker_threads';
import { engineMigrations } from '../migrations/engine/index.ts';
import type { Migration } from '../migrations/migration.ts';
import type { JobDefinition } from './engine/job.ts';

export interface MainOptions {
  /** Default: those of the command line. */
  readonly args?: readonly string[];
  /** The tables of one's own, which `migrate` makes behind the engine's. */
  readonly migrations?: readonly Migration[];
}

/** Commands of the engine; other arguments are those of a run. */
const COMMANDS =
  /^(run|jobs|runs|show|skipped|replay|stop|restart|abandon|recover|purge|doctor|migrate|metrics|-h|--help|-V|--version)$/;

/**
 * Does what the command line does, with its signals, log, progress and exit codes: `node orders.ts -p date=2024-01-31` runs the
 * first job, `node orders.ts migrate`, `show --last`, `restart 2`, `skipped 2` and the others are the engine's commands.
 * Sets the exit code of the process. In a worker thread, which imports the job's module too, it does nothing.
 */
export async function main(jobs: JobDefinition | readonly JobDefinition[], options: MainOptions = {}): Promise<void> {
  if (!isMainThread) return;
  const all: readonly JobDefinition[] = 'steps' in jobs ? [jobs] : jobs;
  const args = options.args ?? process.argv.slice(2);
  // Loaded late: who only imports the job needs no command line.
  const { main: runCommandLine } = await import('./cli/program.ts');
  const { honourNohup } = await import('./cli/hang-up.ts');
  honourNohup();
  process.exitCode = await runCommandLine(COMMANDS.test(args[0] ?? '') ? args : ['run', all[0].name, ...args], {
    description: all[0].description,
    domains: [{ name: 'jobs', jobs: async () => all }],
    migrations: async () => [...engineMigrations, ...(options.migrations ?? [])],
    // The platform's tables may be in the same database.
    knownMigrations: async () => (await import('../migrations/names.ts')).platformMigrationNames,
  });
}
