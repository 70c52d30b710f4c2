/** The Spring Batch peer, as its README says to run it. */
import type { CaseContext, Contender } from '../case.ts';
import { buildPeer, peerEnvironment } from '../peers.ts';

export interface SpringBatchOptions {
  readonly name: string;
  readonly label: string;
  readonly mode: 'seed' | 'expert' | 'copy';
  /** Further arguments of its script: `--chunk`, `--reader`, ... */
  readonly arguments?: readonly string[];
  readonly isSlow?: boolean;
  /** Rows that it has to say it read. */
  readonly rowsExpected: number;
  /** Looks at what it wrote: why that is wrong, or undefined. */
  check(): Promise<string | undefined>;
}

/** What it prints of a run, of interest here. */
interface Report {
  readonly rows_read: number;
  readonly job_seconds: number;
}

export function springBatch(context: CaseContext, options: SpringBatchOptions): Contender {
  const { name, label, mode, isSlow, rowsExpected } = options;
  const { database, spec } = context;
  let run: string | undefined;
  return {
    name,
    label,
    role: 'peer',
    isSlow,
    async prepare() {
      if (database.dialect.name === 'sqlite') return 'it reads no SQLite database';
      const built = await buildPeer(context.options.peersFolder, 'spring-batch');
      if ('missing' in built) return built.missing;
      run = built.run;
      return undefined;
    },
    async run() {
      const args = [mode, '--date', spec.date, '--zone', spec.zone, ...(options.arguments ?? [])];
      const env = peerEnvironment(database.url, 'spring-batch', database.dialect.name === 'mariadb');
      const { stdout, wallSeconds } = await context.runProcess(run!, args, { env });
      const report = JSON.parse(stdout) as Report;
      const rows = report.rows_read;
      const wrong = rows === rowsExpected ? await options.check() : `read ${rows} rows of ${rowsExpected}`;
      return { seconds: report.job_seconds, wallSeconds, rows, ...(wrong === undefined ? {} : { wrong }) };
    },
  };
}
