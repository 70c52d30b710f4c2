/** The nest-batch peer's copy job, as its README says to run it. */
import type { CaseContext, Contender } from '../case.ts';
import { buildPeer, peerEnvironment } from '../peers.ts';

export interface NestBatchOptions {
  readonly rows: number;
  readonly chunk: number;
  /** Looks at what it wrote: why that is wrong, or undefined. */
  check(): Promise<string | undefined>;
}

/** What it prints of a run, of interest here. */
interface Report {
  readonly rows_written: number;
  readonly job_seconds: number;
}

export function nestBatchCopy(context: CaseContext, { rows, chunk, check }: NestBatchOptions): Contender {
  const { database } = context;
  let run: string | undefined;
  return {
    name: 'nest-batch',
    label: `nest-batch, one process, chunk ${chunk.toLocaleString('en-US')}`,
    role: 'peer',
    async prepare() {
      if (database.dialect.name === 'sqlite') return 'it reads no SQLite database';
      const built = await buildPeer(context.options.peersFolder, 'nest-batch');
      if ('missing' in built) return built.missing;
      run = built.run;
      return undefined;
    },
    async run() {
      const connection = peerEnvironment(database.url, 'nest-batch', database.dialect.name === 'mariadb');
      const env = { ...connection, PEER_ROWS: String(rows), PEER_CHUNK: String(chunk) };
      const { stdout, wallSeconds } = await context.runProcess(run!, [], { env });
      const report = JSON.parse(stdout) as Report;
      const written = report.rows_written;
      const wrong = written === rows ? await check() : `wrote ${written} rows of ${rows}`;
      return { seconds: report.job_seconds, wallSeconds, rows: written, ...(wrong === undefined ? {} : { wrong }) };
    },
  };
}
