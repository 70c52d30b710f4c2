/** Whether who stands between this machine and the server can read or change what is settled. */

import { parseDatabaseUrl } from '../../database/url.ts';
import { isThisMachine } from '../../database/url-tls.ts';
import { type Check, type Finding, pass, warn } from '../check.ts';

const VERIFY = 'ssl-mode=verify-identity in the database URL, with ssl-ca=FILE for an authority of your own';

export const encryptionCheck: Check = {
  name: 'encryption',
  async run({ database }) {
    return databaseFinding(database.url);
  },
};

function databaseFinding(text: string): Finding {
  const url = parseDatabaseUrl(text);
  if (url.kind === 'sqlite') return pass('no connection (SQLite)');
  const { tls, serverKey } = url;
  if (tls === undefined) {
    if (isThisMachine(url.host)) return pass('not encrypted; the server is on this machine');
    if (serverKey.kind === 'any') {
      return warn(
        'not encrypted, and any server that sends a key gets the password (allow-public-key-retrieval)',
        VERIFY,
      );
    }
    return warn('the connection is not encrypted (ssl-mode=disabled), and the server may be any', VERIFY);
  }
  if (!tls.verifyCertificate) return warn('encrypted, but to whatever server answers (ssl-mode=required)', VERIFY);
  if (!tls.verifyIdentity) return pass('encrypted, the certificate is checked, its name is not (ssl-mode=verify-ca)');
  return pass('encrypted, and the server is known by its name');
}
