/** A MariaDB of its own with a certificate that a test made, for one test file. */
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { createMariadbData, findMariadb, mariadbArguments } from './mariadb.ts';
import { freePort, privateFolder, type Server, startProcess } from './private-process.ts';

const run = promisify(execFile);

export interface Certificates {
  /** The authority that signed the server's certificate. */
  readonly ca: string;
  /** Another authority of the same name, which signed nothing. */
  readonly otherCa: string;
  readonly cert: string;
  readonly key: string;
}

/** PEM files in `folder`: two authorities, and a certificate that names `host` and no other. */
export async function makeCertificates(folder: string, host: string): Promise<Certificates> {
  const path = (name: string) => join(folder, name);
  for (const name of ['ca', 'other-ca']) {
    const files = ['-keyout', path(`${name}.key`), '-out', path(`${name}.pem`)];
    await openssl('req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=settle test', ...files);
  }
  await signCertificate(folder, host);
  return { ca: path('ca.pem'), otherCa: path('other-ca.pem'), cert: path('server.pem'), key: path('server.key') };
}

/** Replaces the server's certificate by one for another host; the server takes it at its next FLUSH SSL. */
export async function signCertificate(folder: string, host: string): Promise<void> {
  const path = (name: string) => join(folder, name);
  const names = ['-subj', `/CN=${host}`, '-addext', `subjectAltName=DNS:${host}`];
  const request = ['-keyout', path('server.key'), '-out', path('server.csr')];
  await openssl('req', '-newkey', 'rsa:2048', '-nodes', ...names, ...request);
  const authority = ['-CA', path('ca.pem'), '-CAkey', path('ca.key'), '-CAcreateserial', '-copy_extensions', 'copy'];
  await openssl('x509', '-req', '-in', path('server.csr'), '-days', '2', '-out', path('server.pem'), ...authority);
}

async function openssl(...args: string[]): Promise<void> {
  await run('openssl', args);
}

/** Undefined where this machine has no MariaDB of its own (the tests then use a container, whose files are elsewhere). */
export async function startTlsMariadb({ cert, key, ca }: Certificates): Promise<Server | undefined> {
  const programs = findMariadb();
  if (programs === undefined) return undefined;
  const folder = privateFolder('tls');
  await createMariadbData(programs, folder);
  const port = await freePort();
  const stop = await startProcess(folder, port, [
    programs.server,
    ...mariadbArguments(folder, port),
    '--innodb-buffer-pool-size=32M',
    `--ssl-cert=${cert}`,
    `--ssl-key=${key}`,
    `--ssl-ca=${ca}`,
    '--require-secure-transport=ON',
  ]);
  return { url: `mysql://root@127.0.0.1:${port}/`, stop };
}
