/** The environment of this process. No other file of src/ reads `process.env`; what a value means is its reader's affair. */

/** Variables that settle reads; docs/operations.md describes those that a user sets. */
export type EnvironmentVariable =
  | 'KUBERNETES_SERVICE_HOST'
  | 'SETTLE_BENCH_KAFKA'
  | 'SETTLE_BENCH_PEERS'
  | 'SETTLE_CACHE'
  | 'SETTLE_DATABASE_URL'
  | 'SETTLE_DATABASE_URL_FILE'
  | 'SETTLE_IMPORT_MAX_MB'
  | 'SETTLE_LEDGER_ANCHORS'
  | 'SETTLE_LEDGER_ANCHOR_KEY'
  | 'SETTLE_LOG'
  | 'SETTLE_LOG_FORMAT'
  | 'SETTLE_MEASURE'
  | 'SETTLE_PLAIN_SCAN'
  | 'SETTLE_QUEUE_URL'
  | 'SETTLE_REDIS_URL'
  | 'SETTLE_REPLICAS'
  | 'SETTLE_SHARDS'
  | 'SETTLE_SINKS'
  | 'SETTLE_SINK_SECRET'
  | 'SETTLE_SPOOL_MAX_MB'
  | 'SETTLE_TERMINATION_LOG'
  | 'SETTLE_VIEW_REPLICAS'
  | 'SETTLE_WORKERS'
  | 'SETTLE_ZONE'
  | 'XDG_CACHE_HOME'
  | '_';

export type Environment = Readonly<Partial<Record<EnvironmentVariable, string>>>;

/** Of this process and its threads, where nobody has set the variable: what the config file says. */
export function setDefault(name: EnvironmentVariable, value: string): void {
  if (!process.env[name]) process.env[name] = value;
}

/** As it is now. Spread, it holds every variable, as a child process needs them. */
export function environment(): Environment {
  return process.env;
}
