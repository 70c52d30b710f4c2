/**
 * Makes one statement of this thread fail as a database would let it fail: a deadlock, which has rolled the transaction
 * back; a lock wait timeout or a busy file, after which the transaction is still open; a connection that is lost before
 * the statement arrives, or after it was executed and before the answer arrives.
 */
import type { Database } from '../../src/database/database.ts';

export type StatementFault = 'deadlock' | 'lock-wait' | 'lost-before' | 'lost-after' | 'busy';

interface Connection {
  destroy(): void;
}
interface Query {
  readonly sql: string;
}
interface Client {
  _query(connection: Connection, query: Query): Promise<unknown>;
}

/** Faults that make sense for the dialect of this database. */
export function faultsOf(database: Database): readonly StatementFault[] {
  return database.dialect.name === 'sqlite' ? ['busy'] : ['deadlock', 'lock-wait', 'lost-before', 'lost-after'];
}

export interface FaultSwitch {
  /** From now on counts statements, and fails the `at`th; 0 fails none. */
  arm(fault: StatementFault, at: number): void;
  /** Statements since it was armed, and the one that failed. */
  readonly count: number;
  readonly failed: string | undefined;
  remove(): void;
}

const ENDS = /^\s*(BEGIN|COMMIT|ROLLBACK)\b/i;
const COMMITS = /^\s*(COMMIT|ROLLBACK)\b/i;

/** In every client of the database's kind, transactions included; one at a time. */
export function installFaults(database: Database): FaultSwitch {
  const prototype: Client = Object.getPrototypeOf(database.knex.client);
  const own = Object.hasOwn(prototype, '_query');
  const original = prototype._query;
  let armed: { readonly fault: StatementFault; readonly at: number } | undefined;
  let count = 0;
  let failed: string | undefined;

  prototype._query = async function failingQuery(this: Client, connection, query) {
    const { fault, at } = ++count === armed?.at ? armed : { fault: undefined, at: 0 };
    if (at === 0 || fault === undefined) return await original.call(this, connection, query);
    const fail = (properties: object, message: string) => {
      failed = query.sql;
      return Object.assign(new Error(message), { sqlMessage: message, ...properties });
    };
    switch (fault) {
      case 'deadlock':
        // No lock is waited for where a transaction begins or ends.
        if (ENDS.test(query.sql)) break;
        await original.call(this, connection, { ...query, sql: 'ROLLBACK', bindings: [] } as Query);
        throw fail({ errno: 1213, code: 'ER_LOCK_DEADLOCK' }, 'Deadlock found when trying to get lock');
      case 'lock-wait':
        if (ENDS.test(query.sql)) break;
        throw fail({ errno: 1205, code: 'ER_LOCK_WAIT_TIMEOUT' }, 'Lock wait timeout exceeded');
      case 'busy':
        if (COMMITS.test(query.sql)) break;
        throw fail({ code: 'SQLITE_BUSY' }, 'database is locked');
      case 'lost-before':
      case 'lost-after':
        if (fault === 'lost-after') await original.call(this, connection, query);
        connection.destroy();
        throw fail(
          { code: 'PROTOCOL_CONNECTION_LOST', fatal: true },
          'Connection lost: The server closed the connection',
        );
    }
    return await original.call(this, connection, query);
  };

  return {
    arm(fault, at) {
      armed = { fault, at };
      count = 0;
      failed = undefined;
    },
    get count() {
      return count;
    },
    get failed() {
      return failed;
    },
    remove() {
      if (own) prototype._query = original;
      else delete (prototype as Partial<Client>)._query;
    },
  };
}
