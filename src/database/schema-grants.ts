/** Grants that hold for every table of a server's database: one statement, where asking table by table takes hundreds. */
import type { Executor } from './database.ts';
import { toText } from './values.ts';

const WANTED = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** Whether the user may read and write every table, by what was granted to it itself. False: perhaps. */
export async function mayWriteEveryTable(executor: Executor): Promise<boolean> {
  const [[{ name }]] = await executor.raw('SELECT DATABASE() AS name');
  const [rows] = await executor.raw('SHOW GRANTS');
  const lines = (rows as Record<string, unknown>[]).flatMap((row) => Object.values(row).map(toText));
  return grantsCover(lines, toText(name));
}

/** Pure. @param lines as SHOW GRANTS has them */
export function grantsCover(lines: readonly string[], database: string): boolean {
  // MySQL can take single databases out of a grant on all of them.
  if (lines.some((line) => line.startsWith('REVOKE '))) return false;
  return lines.some((line) => {
    const [, privileges, place] = /^GRANT (.+) ON (\*|`.*`)\.\* TO /.exec(line) ?? [];
    if (place === undefined) return false;
    const schema = place
      .slice(1, -1)
      .replaceAll('``', '`')
      .replace(/\\([_%\\])/g, '$1');
    if (place !== '*' && schema !== database) return false;
    const all = privileges.split(/, ?/);
    return all.includes('ALL PRIVILEGES') || WANTED.every((one) => all.includes(one));
  });
}
