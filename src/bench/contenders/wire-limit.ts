/** The wire limit: two C clients that read the six columns by prepared statements and discard them. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseDatabaseUrl, type ServerUrl } from '../../database/url.ts';
import { cacheFolder } from '../cache-folder.ts';
import type { CaseContext, Contender } from '../case.ts';
import { runProcess } from '../run-process.ts';

/** As many as there are cores on a small machine; more only share them. */
const PROCESSES = 2;
/** Programs that tell how to compile with the client library, of MariaDB and of MySQL. */
const CONFIGS = ['mariadb_config', 'mysql_config'];

export function wireLimit(context: CaseContext): Contender {
  let program: string | undefined;
  return {
    name: 'wire-limit',
    label: `${PROCESSES} C clients that read and discard`,
    role: 'limit',
    async prepare() {
      if (parseDatabaseUrl(context.database.url).kind === 'sqlite') return 'SQLite has no wire';
      const compiled = await compile();
      if ('missing' in compiled) return compiled.missing;
      program = compiled.program;
      return undefined;
    },
    async run() {
      const { minId, maxId } = context.data;
      const url = parseDatabaseUrl(context.database.url) as ServerUrl;
      const middle = (minId + maxId) / 2n;
      const started = performance.now();
      const outcomes = await Promise.all(
        [
          [minId, middle],
          [middle + 1n, maxId],
        ].map(([from, to]) =>
          runProcess(program!, [url.host, String(url.port), url.user, url.database, String(from), String(to)], {
            env: { WIRE_LIMIT_PASSWORD: url.password },
          }),
        ),
      );
      const seconds = (performance.now() - started) / 1000;
      const rows = outcomes.reduce((sum, { stdout }) => sum + Number(stdout), 0);
      const expected = context.data.spec.rows;
      return { seconds, rows, ...(rows === expected ? {} : { wrong: `read ${rows} rows of ${expected}` }) };
    },
  };
}

async function compile(): Promise<{ program: string } | { missing: string }> {
  const source = nativeSource();
  const program = join(cacheFolder('wire-limit', [readFileSync(source)]), 'wire-limit');
  if (existsSync(program)) return { program };
  let reason = '';
  for (const config of CONFIGS) {
    try {
      const { stdout: include } = await runProcess(config, ['--include']);
      const { stdout: libs } = await runProcess(config, ['--libs']);
      const flags = (text: string) => text.trim().split(/\s+/);
      await runProcess('cc', ['-O2', '-Wall', '-o', program, source, ...flags(include), ...flags(libs)]);
      return { program };
    } catch (error) {
      reason ||= (error as Error).message;
    }
  }
  return { missing: `it takes cc and the client library of MariaDB or MySQL with its headers: ${reason}` };
}

/** In a checkout beside this folder; the published package keeps it where the checkout does, and this file in dist/. */
function nativeSource(): string {
  const paths = ['../native/wire-limit.c', '../../../../src/bench/native/wire-limit.c'].map((path) =>
    fileURLToPath(new URL(path, import.meta.url)),
  );
  return paths.find((path) => existsSync(path)) ?? paths[0];
}
