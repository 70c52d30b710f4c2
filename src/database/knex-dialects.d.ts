/** The parts of knex's untyped clients that sqlite-client.ts and server-client.ts extend. */
declare module 'knex/lib/dialects/better-sqlite3/index.js' {
  import type { Database as SqliteConnection } from 'better-sqlite3';
  import type { Knex } from 'knex';

  export type KnexTransactionRunner = Knex.Transaction & {
    begin: (connection: unknown) => unknown;
    query(connection: unknown, sql: string): unknown;
  };
  export interface KnexQueryObject {
    response: unknown;
    context?: { lastID?: number | bigint };
  }
  class BetterSqlite3Client extends Knex.Client {
    transaction(...parameters: unknown[]): KnexTransactionRunner;
    acquireRawConnection(): Promise<SqliteConnection>;
    _query(connection: unknown, query: KnexQueryObject): Promise<KnexQueryObject>;
  }
  export default BetterSqlite3Client;
}
declare module 'knex/lib/dialects/mysql2/index.js' {
  import type { Knex } from 'knex';
  import type { Connection, ConnectionOptions } from 'mysql2';

  class Mysql2Client extends Knex.Client {
    _driver(): { createConnection(options: ConnectionOptions): Connection };
  }
  export default Mysql2Client;
}
