/**
 * One replica: asked every second how far it is behind, and left out while that is too far, or unknown. What is read from it
 * is exact all the same: see `has`.
 */
import type { Database, Executor } from '../../database/database.ts';
import { openDatabase } from '../../database/open.ts';
import { parseDatabaseUrl } from '../../database/url.ts';
import { databaseReader } from '../cache/database-reader.ts';
import type { RevisionView } from '../cache/revision-view.ts';
import { Revisions } from '../cache/revisions.ts';
import type { Scope } from '../cache/scope.ts';
import { within } from '../within.ts';
import { hasRevision } from './has-revision.ts';
import { readReplicationLag } from './replication-lag.ts';

/** `other`: it is no copy of the primary's database, or has what the primary has not. */
export type ReplicaState = 'used' | 'lagging' | 'broken' | 'gone' | 'other';

const OPEN_MS_MAX = 12_000;
const CHECK_MS_MAX = 2_000;

export interface ReplicaOptions {
  readonly lagSecondsMax: number;
  readonly poolSizeMax: number;
  /** What the primary has published. */
  readonly primary: Revisions;
  /** Called with another state than before. */
  onState(replica: Replica, reason: string): void;
}

export class Replica {
  /** `HOST:PORT`. */
  readonly name: string;
  readonly #url: string;
  readonly #options: ReplicaOptions;
  #state: ReplicaState = 'gone';
  #lagSeconds: number | undefined;
  /** Since when it lacks what the primary has published; undefined: it lacks nothing. */
  #behindSinceMs: number | undefined;
  #watch: Database | undefined;
  #data: Database | undefined;
  #revisions: Revisions | undefined;
  #isClosed = false;

  /** @throws SettleError (exit 2) for what is no URL of a server */
  constructor(url: string, options: ReplicaOptions) {
    const parsed = parseDatabaseUrl(url);
    this.name = parsed.kind === 'server' ? `${parsed.host}:${parsed.port}` : parsed.displayUrl;
    this.#url = url;
    this.#options = options;
  }

  get state(): ReplicaState {
    return this.#state;
  }

  /** Undefined: unknown. */
  get lagSeconds(): number | undefined {
    return this.#lagSeconds;
  }

  /** Undefined while it is left out. */
  get executor(): Executor | undefined {
    return this.#state === 'used' ? this.#data?.knex : undefined;
  }

  /** Whether it has what `view` says of a scope. What is read from it afterwards is at least as new. */
  async has(view: RevisionView, scope: Scope): Promise<boolean> {
    return this.#revisions !== undefined && (await hasRevision(this.#revisions, view, scope));
  }

  /** Until the next check finds it well. */
  leaveOut(reason: string): void {
    this.#lagSeconds = undefined;
    this.#become('gone', reason);
  }

  /** Never rejects. */
  async check(): Promise<void> {
    try {
      if (this.#watch === undefined) await within(OPEN_MS_MAX, this.#open(), this.name);
      await within(CHECK_MS_MAX, this.#look(), this.name);
    } catch (error) {
      this.leaveOut(error instanceof Error ? error.message : String(error));
      // What hangs is not waited for: the next check connects anew.
      await this.#disconnect();
    }
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    await this.#disconnect();
  }

  async #open(): Promise<void> {
    const watch = await openDatabase(this.#url, { create: false, poolSizeMax: 1 });
    this.#watch = watch;
    this.#data = await openDatabase(this.#url, { create: false, poolSizeMax: this.#options.poolSizeMax });
    this.#revisions = new Revisions(databaseReader(watch.knex));
    if (this.#isClosed) await this.#disconnect();
  }

  async #disconnect(): Promise<void> {
    const all = [this.#watch, this.#data];
    this.#watch = undefined;
    this.#data = undefined;
    this.#revisions = undefined;
    this.#behindSinceMs = undefined;
    // A server that is stopped says no goodbye; the database stops waiting for it by itself.
    const closing = Promise.all(all.map((one) => one?.close().catch(() => {})));
    if (this.#isClosed) await closing;
  }

  async #look(): Promise<void> {
    const { primary, lagSecondsMax } = this.#options;
    const told = await readReplicationLag(this.#watch!.knex);
    const own = await this.#revisions!.current();
    // The primary's is read later: a replica that is ahead of it is no replica of it.
    const theirs = await primary.current();
    if (own === undefined || theirs === undefined) return this.#become('lagging', 'it keeps no revisions yet');
    if (own.head.identity !== theirs.head.identity || own.head.revision > theirs.head.revision) {
      this.#lagSeconds = undefined;
      return this.#become('other', 'it is no replica of this database');
    }
    if (own.head.revision === theirs.head.revision) this.#behindSinceMs = undefined;
    else this.#behindSinceMs ??= performance.now();
    const behind = this.#behindSinceMs === undefined ? 0 : (performance.now() - this.#behindSinceMs) / 1_000;
    this.#lagSeconds = told === undefined ? behind : told.seconds;
    if (this.#lagSeconds === undefined) return this.#become('broken', told?.reason ?? '');
    if (this.#lagSeconds > lagSecondsMax)
      return this.#become('lagging', `it is ${Math.round(this.#lagSeconds)} s behind`);
    this.#become('used', '');
  }

  #become(state: ReplicaState, reason: string): void {
    if (this.#isClosed || state === this.#state) return;
    this.#state = state;
    this.#options.onState(this, reason);
  }
}
