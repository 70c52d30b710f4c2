/**
 * What of a server connection protects the password and this machine's files: TLS, and what the driver answers to a
 * server that asks for more. A server is not trusted before it is known: a false one on the way asks for the password
 * in clear text, for the password encrypted by a key of its own, or for any file of this machine.
 */
import { readFileSync } from 'node:fs';
import type { AuthPlugin, authPlugins } from 'mysql2';
import { ExitCode, SettleError, usageError } from '../errors.ts';
import type { ServerUrl } from './url.ts';
import type { ServerKey, TlsSettings } from './url-tls.ts';

/** mysql2's plugins that send the password: each is given the server's data, and returns the answer. */
export type DriverPlugins = Pick<typeof authPlugins, 'caching_sha2_password' | 'sha256_password'>;

/** By one byte they ask the server for its public key (MySQL protocol, caching_sha2_password and sha256_password). */
const KEY_REQUESTS = { caching_sha2_password: 2, sha256_password: 1 } as const;

/** Code of the error for a server that wants the password encrypted by a key that nobody knows. */
const SERVER_KEY_UNKNOWN = 'SERVER_KEY_UNKNOWN';

/** The settings of mysql2 that belong to this. Throws a usage error for a file that cannot be read. */
export async function protectionOf(url: ServerUrl): Promise<Record<string, unknown>> {
  const common = {
    // Without it a server is not even allowed to ask for a file; the factory refuses one that asks all the same.
    flags: ['-LOCAL_FILES'],
    infileStreamFactory: refuseLocalInfile,
    enableCleartextPlugin: false,
    insecureAuth: false,
  };
  if (url.tls !== undefined) return { ...common, ssl: readTls(url.tls) };
  const driver = await import('mysql2');
  return { ...common, authPlugins: keyedPlugins(driver.authPlugins, url.serverKey) };
}

/** The driver's plugins, which ask for no key that the URL does not allow. For connections without TLS. */
export function keyedPlugins(driver: DriverPlugins, serverKey: ServerKey): Record<keyof DriverPlugins, AuthPlugin> {
  const serverPublicKey = serverKey.kind === 'pinned' ? readPem(serverKey.path, 'server-public-key') : undefined;
  const keyed = (name: keyof DriverPlugins): AuthPlugin => {
    const plugin = driver[name](serverPublicKey === undefined ? {} : { serverPublicKey });
    if (serverKey.kind === 'any') return plugin;
    return (context) => {
      const handler = plugin(context);
      return (data) => {
        const answer = handler(data);
        if (answer instanceof Uint8Array && answer.length === 1 && answer[0] === KEY_REQUESTS[name]) throw keyUnknown();
        return answer;
      };
    };
  };
  return { caching_sha2_password: keyed('caching_sha2_password'), sha256_password: keyed('sha256_password') };
}

function keyUnknown(): SettleError {
  return new SettleError(
    SERVER_KEY_UNKNOWN,
    ExitCode.usage,
    'the database server wants the password, on a connection that is not encrypted, by a key that nobody vouches for',
    {
      hint: 'add ssl-mode=verify-identity (or required) to the database URL, or server-public-key=FILE with the key of the server, or allow-public-key-retrieval=true if nobody can stand between',
    },
  );
}

/** A server could ask any client for any file by LOAD DATA LOCAL; nothing here ever offers one. */
function refuseLocalInfile(): never {
  throw new Error('LOAD DATA LOCAL is not used');
}

function readTls(tls: TlsSettings): Record<string, unknown> {
  return {
    ca: tls.caPath === undefined ? undefined : readPem(tls.caPath, 'ssl-ca'),
    cert: tls.certPath === undefined ? undefined : readPem(tls.certPath, 'ssl-cert'),
    key: tls.keyPath === undefined ? undefined : readPem(tls.keyPath, 'ssl-key'),
    rejectUnauthorized: tls.verifyCertificate,
    verifyIdentity: tls.verifyIdentity,
    minVersion: 'TLSv1.2',
  };
}

function readPem(path: string, option: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code;
    throw usageError(`the file of ${option} in the database URL cannot be read: ${path} (${reason})`);
  }
}
