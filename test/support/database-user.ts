/** Users of a test server with exactly the privileges that a test gives them. */
import { randomBytes } from 'node:crypto';
import { administer, type TestDatabase } from './databases.ts';
import { sourcePrivileges, tablePrivileges } from './platform.ts';

export type PrivilegesByTable = Readonly<Record<string, readonly string[]>>;

export interface DatabaseUser {
  /** The test's database, as this user. */
  readonly url: string;
  readonly password: string;
  /** On all tables of the database. */
  grant(privileges: readonly string[]): Promise<void>;
  /** Table by table. */
  grantTables(privileges: PrivilegesByTable): Promise<void>;
  revoke(privileges: readonly string[]): Promise<void>;
  /** Table by table. */
  revokeTables(privileges: PrivilegesByTable): Promise<void>;
  drop(): Promise<void>;
}

/** A user without any privilege. */
export async function createUser(
  { kind, url: adminUrl }: TestDatabase,
  password = randomBytes(6).toString('hex'),
): Promise<DatabaseUser> {
  if (kind === 'sqlite') throw new TypeError('SQLite has no users');
  const url = new URL(adminUrl);
  const database = `\`${url.pathname.slice(1)}\``;
  const schema = `${database}.*`;
  url.username = `settle_${randomBytes(6).toString('hex')}`;
  url.password = encodeURIComponent(password);
  // The server of a test is on this machine; MySQL asks for the whole password of a user that it does not know yet.
  if (kind === 'mysql') url.searchParams.set('allow-public-key-retrieval', 'true');
  // Also for localhost: a server with an anonymous user there would take us for that one.
  const accounts = ['%', 'localhost'].map((host) => `'${url.username}'@'${host}'`);
  for (const account of accounts) {
    await administer(kind, `CREATE USER ${account} IDENTIFIED BY '${password.replaceAll("'", "''")}'`);
  }
  const forEach = async (statement: (account: string) => string) => {
    for (const account of accounts) await administer(kind, statement(account));
  };
  return {
    url: url.href,
    password,
    grant: (privileges) => forEach((account) => `GRANT ${privileges.join(', ')} ON ${schema} TO ${account}`),
    grantTables: async (byTable) => {
      for (const [table, privileges] of Object.entries(byTable)) {
        const granted = `GRANT ${privileges.join(', ')} ON ${database}.\`${table}\``;
        await administer(kind, `${granted} TO ${accounts.join(', ')}`);
      }
    },
    revokeTables: async (byTable) => {
      for (const [table, privileges] of Object.entries(byTable)) {
        const revoked = `REVOKE ${privileges.join(', ')} ON ${database}.\`${table}\``;
        await administer(kind, `${revoked} FROM ${accounts.join(', ')}`);
      }
    },
    revoke: (privileges) => forEach((account) => `REVOKE ${privileges.join(', ')} ON ${schema} FROM ${account}`),
    drop: () => forEach((account) => `DROP USER ${account}`),
  };
}

/** A user as docs/operations.md makes the one that runs everything; `also` besides. The tables are there already. */
export async function createRunner(test: TestDatabase, also: PrivilegesByTable = {}): Promise<DatabaseUser> {
  const user = await createUser(test);
  await user.grantTables({ ...tablePrivileges, ...sourcePrivileges });
  await user.grantTables(also);
  return user;
}
