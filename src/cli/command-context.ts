/** What a command works with. */
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import type { DomainHealth } from '../doctor/check.ts';
import type { JobDefinition } from '../engine/job.ts';
import type { SetAsideStore } from '../engine/set-aside.ts';
import type { Mappings } from '../mapping/mapping.ts';
import type { Settings } from './config.ts';
import type { Collect } from './metrics/database-metrics.ts';
import type { PlatformOptions } from './platform-options.ts';

export interface CommandContext {
  readonly settings: Settings;
  readonly logger: Logger;
  /** Opened once, and always closed. */
  readonly database: Database;
  readonly registry: Registry;
}

/** What the domains of the program have registered; loaded when first asked for. */
export interface Registry {
  readonly options: PlatformOptions;
  /** @throws SettleError (exit 2) for two jobs of one name */
  jobs(): Promise<readonly JobDefinition[]>;
  /** Undefined for a job that is not among ours any more, or of another program in the same database. */
  jobNamed(name: string): Promise<JobDefinition | undefined>;
  /** @throws SettleError (exit 2) when there is no job of that name */
  findJob(name: string): Promise<JobDefinition>;
  setAside(): Promise<readonly SetAsideStore[]>;
  /** What the settings map of the domains' sources. @throws SettleError (exit 2) that names a key of the config file */
  mappings(settings: Pick<Settings, 'mappings'>): Promise<Mappings>;
  health(): Promise<readonly DomainHealth[]>;
  /** Makes the domains' rules about errors known; until then errors are told by the engine's alone. */
  useErrorRules(): Promise<void>;
  /** What domains remove, each its own: see `Domain.purge`. */
  purge(database: Database, before: Date, isDryRun: boolean): Promise<readonly PurgedRows[]>;
  /** What the domains tell Prometheus, each of its own tables. */
  metrics(): Promise<readonly Collect[]>;
  /** Before a run starts. @throws SettleError: nothing is started */
  watchRun(context: CommandContext): Promise<readonly RunWatch[]>;
}

export interface PurgedRows {
  /** The rows in words: `delivered messages`. */
  readonly what: string;
  readonly removed: number;
  /** Why rows that could go are still there, and what to do. */
  readonly kept?: { readonly why: string; readonly hint: string };
}

/** What a domain watches while a run is on its way. */
export interface RunWatch {
  /** Fields for the log's record of the end and for the termination message; undefined: none. Must not throw. */
  end(): Promise<Readonly<Record<string, unknown>> | undefined>;
}
