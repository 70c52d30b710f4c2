/** The part of knex's untyped better-sqlite3 client that sqlite-client.ts extends. */
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import type { Database as SqliteConnection } from 'better-sqlite3';

  export interface KnexTransactionRunner {
    begin: (connection: unknown) => unknown;
    query(connection: unknown, sql: string): unknown;
  }
  export interface KnexQueryObject {
    response: unknown;
    context?: { lastID?: number | bigint };
  }
  class BetterSqlite3Client {
    transaction(...parameters: unknown[]): KnexTransactionRunner;
    acquireRawConnection(): Promise<SqliteConnection>;
    _query(connection: unknown, query: KnexQueryObject): Promise<KnexQueryObject>;
  }
  export default BetterSqlite3Client;
}
