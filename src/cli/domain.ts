/**
 * How jobs come to the command line. A domain is a set of jobs with whatever goes with them: commands, what its errors
 * mean, what `settle doctor` looks at. A platform is the domains of one program. The command line knows neither by name.
 */
import type { Database } from '../database/database.ts';
import type { ErrorRule } from '../database/error-rules/error-rule.ts';
import type { DomainHealth } from '../doctor/check.ts';
import type { JobDefinition } from '../engine/job.ts';
import type { SetAsideStore } from '../engine/set-aside.ts';
import type { SourceTable } from '../mapping/mapping.ts';
import type { Cli } from './cli.ts';
import type { CommandContext, PurgedRows, RunWatch } from './command-context.ts';
import type { Collect } from './metrics/database-metrics.ts';
import type { PlatformOptions } from './platform-options.ts';

/** Every part but the name may be absent. Functions are called late: `settle --help` loads no job. */
export interface Domain {
  /** For messages. */
  readonly name: string;
  jobs?(): Promise<readonly JobDefinition[]>;
  /** Where a job was found, for messages. Default: the domain's name. */
  placeOf?(job: JobDefinition): string | undefined;
  /** Adds the domain's commands. What they do is imported in their actions. */
  register?(cli: Cli): void;
  /** What errors of the database mean that name the domain's tables; asked before the engine's own rules. */
  errorRules?(): Promise<readonly ErrorRule[]>;
  /** Checks, columns and privileges for `settle doctor`. */
  health?(): Promise<DomainHealth>;
  /** Tables of other programs that the domain reads, and that the config file may map. */
  sources?(): Promise<readonly SourceTable[]>;
  /** Where the domain keeps what its jobs set aside, when that is a table of its own. */
  setAside?(): Promise<SetAsideStore>;
  /** Removes rows of the domain that nobody needs any more and that are older than `before`; with `isDryRun` counts them. */
  purge?(database: Database, before: Date, isDryRun: boolean): Promise<PurgedRows>;
  /** What Prometheus is told of the domain's tables, at each scrape. */
  metrics?(): Promise<Collect>;
  /** Called before a run starts; what it gives is asked at the end. @throws SettleError: nothing is started */
  watchRun?(context: CommandContext): Promise<RunWatch>;
}

export interface Platform extends PlatformOptions {
  /** In the order of `settle jobs`. */
  readonly domains: readonly Domain[];
}
