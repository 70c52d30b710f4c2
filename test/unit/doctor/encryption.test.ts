import { expect, test } from 'vitest';
import type { Database } from '../../../src/database/database.ts';
import type { CheckContext, Finding } from '../../../src/doctor/check.ts';
import { encryptionCheck } from '../../../src/doctor/checks/encryption.ts';

/** Looks at nothing but the URL. */
async function find(url: string): Promise<readonly Finding[]> {
  const context: CheckContext = { database: { url } as Database, now: Date.now, workers: 1 };
  return [await encryptionCheck.run(context)].flat();
}

test.each([
  ['sqlite:x.db', 'pass', /SQLite/],
  ['mysql://u@localhost/d', 'pass', /on this machine/],
  ['mysql://u@db/d', 'pass', /by its name/],
  ['mysql://u@db/d?ssl-mode=verify-ca', 'pass', /its name is not/],
  ['mysql://u@db/d?ssl-mode=required', 'warn', /whatever server answers/],
  ['mysql://u@db/d?ssl-mode=disabled', 'warn', /not encrypted/],
  ['mysql://u@db/d?ssl-mode=disabled&allow-public-key-retrieval=true', 'warn', /gets the password/],
])('%s: %s', async (url, verdict, message) => {
  expect(await find(url)).toMatchObject([{ verdict, message: expect.stringMatching(message) }]);
});
