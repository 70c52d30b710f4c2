/**
 * A server of a test file's own whose settings it may spoil for everybody. The work is done by a plain user: what
 * administrators are exempt from, and `init_connect`, must bite too.
 */
import { randomBytes } from 'node:crypto';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import { startSpareMariadb } from './mariadb.ts';
import { startSpareMysql } from './mysql.ts';
import type { Server } from './private-process.ts';

export type SpareKind = 'mariadb' | 'mysql';

/** A setting and the value that it is given, as SQL. */
export interface HostileSetting {
  readonly name: string;
  readonly value: string;
  /** Only a session has it: the server gives it to each by `init_connect`. */
  readonly sessionOnly?: boolean;
}

export class SpareServer {
  readonly kind: SpareKind;
  readonly #server: Server;
  readonly #admin: Connection;

  private constructor(kind: SpareKind, server: Server, admin: Connection) {
    this.kind = kind;
    this.#server = server;
    this.#admin = admin;
  }

  /** Undefined where this machine has no such server. `options` are of its command line. */
  static async start(kind: SpareKind, options: readonly string[] = []): Promise<SpareServer | undefined> {
    const server = await (kind === 'mariadb' ? startSpareMariadb(options) : startSpareMysql(options));
    if (server === undefined) return undefined;
    const settings = { dateStrings: true, supportBigNumbers: true, bigNumberStrings: true, charset: 'utf8mb4' };
    const admin = await createConnection({ uri: server.url, ...settings });
    await admin.query('SET SESSION sql_mode = ?, SESSION wait_timeout = 28800', ['STRICT_ALL_TABLES']);
    return new SpareServer(kind, server, admin);
  }

  async stop(): Promise<void> {
    await this.#admin.end().catch(() => undefined);
    await this.#server.stop();
  }

  /** As the administrator, whose session began before anything was spoilt. */
  async query(sql: string, values: readonly string[] = []): Promise<RowDataPacket[]> {
    const [rows] = await this.#admin.query<RowDataPacket[]>(sql, [...values]);
    return rows;
  }

  /** A new database and a user with all rights on it and none elsewhere. */
  async freshDatabase(): Promise<{ readonly url: string; readonly name: string; drop(): Promise<void> }> {
    const name = `spare_${randomBytes(5).toString('hex')}`;
    await this.query(`CREATE DATABASE ${name}`);
    await this.query(`CREATE USER '${name}'@'%' IDENTIFIED BY 'secret'`);
    await this.query(`GRANT ALL ON ${name}.* TO '${name}'@'%'`);
    const url = new URL(this.#server.url);
    url.username = name;
    url.password = 'secret';
    url.pathname = `/${name}`;
    // The server of a test is on this machine; MySQL asks for the whole password of a user that it does not know yet.
    if (this.kind === 'mysql') url.searchParams.set('allow-public-key-retrieval', 'true');
    const drop = async () => {
      await this.query(`DROP DATABASE ${name}`);
      await this.query(`DROP USER '${name}'@'%'`);
    };
    return { url: url.href, name, drop };
  }

  /** Throws what the server says to a statement in a session of its own. */
  async #tryInSession(sql: string): Promise<void> {
    const connection = await createConnection(this.#server.url);
    try {
      await connection.query(sql);
    } finally {
      await connection.end();
    }
  }

  /**
   * Does `work` while new sessions begin with these settings, and puts back what was there.
   * @returns what `work` returns, and the settings that the server refused, with its reason
   */
  async under<T>(
    settings: readonly HostileSetting[],
    work: () => Promise<T>,
  ): Promise<{ result: T; refused: Map<string, string> }> {
    const refused = new Map<string, string>();
    const undo: string[] = [];
    const forSessions: string[] = [];
    for (const { name, value, sessionOnly } of settings) {
      try {
        if (sessionOnly) {
          await this.#tryInSession(`SET SESSION ${name} = ${value}`);
          forSessions.push(`SESSION ${name} = ${value}`);
          continue;
        }
        const [{ before }] = await this.query(`SELECT @@GLOBAL.${name} AS \`before\``);
        await this.query(`SET GLOBAL ${name} = ${value}`);
        undo.unshift(`SET GLOBAL ${name} = ${literal(before)}`);
      } catch (error) {
        refused.set(name, (error as Error).message);
      }
    }
    try {
      if (forSessions.length > 0) {
        await this.query('SET GLOBAL init_connect = ?', [`SET ${forSessions.join(', ')}`]);
        undo.unshift("SET GLOBAL init_connect = ''");
      }
      return { result: await work(), refused };
    } finally {
      for (const sql of undo) await this.query(sql);
    }
  }
}

/** As SET takes it back: numbers bare, also those beyond 2^53, which come as text. */
function literal(value: unknown): string {
  if (value === null) return 'NULL';
  // Of settings whose value has that name.
  if (value === 'DEFAULT') return value;
  const text = String(value);
  return /^-?\d+(\.\d+)?$/.test(text) ? text : `'${text.replaceAll("'", "''")}'`;
}
