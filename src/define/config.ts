/** The configuration of a project: `settle.config.ts`, which every command reads. Imports no engine, so that it loads at once. */
import type { Migration } from '../../migrations/migration.ts';
import type { JobDefinition } from '../engine/job.ts';
import { version } from '../version.ts';
import { madeBy } from './made-by.ts';

/** A module, or a pattern of modules (`./jobs/*.ts`), relative to the config file; each exports what is meant by default. */
export type ModulePath = string;

/** A table of the platform that has another name, or columns of other names. */
export interface TableMapping {
  /** Name of the table, or of a view, in the same database. */
  readonly table: string;
  /** Its columns by the names that settle knows (`viewer_id: 'user_id'`); those that are not named are called alike. */
  readonly columns?: Readonly<Record<string, string>>;
}

/**
 * Flags win over the environment, the environment over this file. A secret belongs into the environment, or into a file
 * that `databaseUrlFile` names.
 */
export interface SettleConfig {
  /** `mysql://user:password@host:3306/db`, `mariadb://...`, `sqlite:PATH`. Default: `sqlite:settle.db`. */
  readonly databaseUrl?: string;
  /** Path of a file that holds the URL, on one line. */
  readonly databaseUrlFile?: string;
  /** Default: `warn` on a terminal, `info` elsewhere. */
  readonly logLevel?: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
  /** Default: `text` on a terminal, `json` elsewhere. */
  readonly logFormat?: 'json' | 'text';
  /** IANA name of the zone of business dates. Default: `Asia/Seoul`. */
  readonly zone?: string;
  /** Threads of a partitioned step. Default: the number of cores. */
  readonly workers?: number;
  /** Partitions of a partitioned step. Default: as its plan finds. */
  readonly partitions?: number;
  /** Rows a chunk, instead of what the steps say. */
  readonly chunk?: number;
  /** Path of the file that the ledger's head is appended to. */
  readonly ledgerAnchors?: string;
  /** Where the outbox is delivered to: a URL, or several, for every topic; or these by topic, `*` for every other one. */
  readonly sinks?: string | readonly string[] | Readonly<Record<string, string | readonly string[]>>;
  /** What runs and `settle serve` do with statistics that are kept beside the database. Default: `none`. */
  readonly cache?: 'none' | 'update' | 'evict';
  /** URLs of replicas of the database that `settle serve` may read from. Default: none. */
  readonly replicas?: readonly string[];
  /** URLs of replicas of the database that runs may read the view log from. Default: none. */
  readonly viewReplicas?: readonly string[];
  /** Where the view log lies, by name of the shard: a URL, or a list of the primary's and its replicas'. Default: in the database itself. */
  readonly shards?: Readonly<Record<string, string | readonly string[]>>;
  /** Path of the Ed25519 private key that signs its lines. */
  readonly ledgerAnchorKey?: string;
  /** What stands for `view_log`. `settle migrate` makes that name a view of it; docs/operations.md says what it must be like. */
  readonly views?: TableMapping;
  /** What stands for `video`. */
  readonly videos?: TableMapping;
  /** What stands for `challenge`. */
  readonly challenges?: TableMapping;
  /** What stands for `challenge_member`. */
  readonly members?: TableMapping;
  /** What stands for `challenge_proof`. */
  readonly proofs?: TableMapping;
  /** The project's jobs: modules, or what `defineJob` returned. */
  readonly jobs?: readonly (ModulePath | JobDefinition)[];
  /** Tables of the project's own, which `settle migrate` makes behind the engine's; named `owner/NNNN_what_it_does`. */
  readonly migrations?: readonly (ModulePath | Migration)[];
  /**
   * Whether the jobs, commands and tables of the video and challenge platform are there, too. Default: false where the
   * config has `jobs`, else true.
   */
  readonly platform?: boolean;
  /** One line at the head of `settle --help`. */
  readonly description?: string;
}

/** Gives the types, and notes which settle the file was written for. */
export function defineConfig<const C extends SettleConfig>(config: C): C {
  return { ...config, [madeBy]: version() };
}
