/** Runs `settle copy-table`: opens both databases, copies, compares, and says what the copy is and is not. */
import { engineMigrations } from '../../migrations/engine/index.ts';
import { copyParameters, copyTableJob, readCopyPlan } from '../copy-table/definition.ts';
import { readCopyDigest } from '../copy-table/read-digest.ts';
import { digestText, isSameDigest } from '../copy-table/row-digest.ts';
import { type CopyComparison, compareTables } from '../copy-table/verify-copy.ts';
import type { Database } from '../database/database.ts';
import { requireCurrentSchema } from '../database/migrate.ts';
import { openDatabase } from '../database/open.ts';
import { parseDatabaseUrl } from '../database/url.ts';
import { deserialiseContext } from '../engine/execution-context.ts';
import { holdClaim } from '../engine/hold-claim.ts';
import { ExitCode, SettleError, usageError } from '../errors.ts';
import { getJobContext } from '../repository/execution-context.ts';
import { listJobExecutions } from '../repository/job-execution.ts';
import { type JobRunResult, runJob } from '../steps/run-job.ts';
import type { Registry } from './command-context.ts';
import { loadSettings } from './config.ts';
import type { CopyFlags } from './copy-flags.ts';
import { reportError, tell } from './errors.ts';
import { createLogger } from './logger.ts';
import { formatDuration, formatNumbered } from './output/format.ts';
import { formatJson } from './output/json.ts';
import { showProgress } from './output/progress.ts';
import { print } from './output/stdout.ts';
import { stopSignal } from './stop-signal.ts';
import { readTrustedFile } from './trusted-file.ts';

const URL_BYTES_MAX = 4_096;

/** Resolves to the exit code. @throws SettleError for what is refused before the copy begins */
export async function runCopy(registry: Registry, flags: CopyFlags): Promise<number> {
  const settings = await loadSettings(flags);
  const logger = createLogger(settings);
  await registry.useErrorRules();
  const source = await openDatabase(urlOf('--from', flags.from), { create: false });
  try {
    const target = await openDatabase(flags.to === undefined ? settings.databaseUrl : urlOf('--to', flags.to), {
      create: false,
    });
    try {
      await requireCurrentSchema(target, await registry.options.migrations()).catch(async (error: unknown) => {
        // A database with the engine's tables alone will do.
        await requireCurrentSchema(target, engineMigrations).catch(() => {
          throw error;
        });
      });
      const request = { table: flags.table, into: flags.into ?? flags.table, map: flags.map ?? {}, where: flags.where };
      if (source.displayUrl === target.displayUrl && request.table === request.into) {
        throw usageError(`table ${request.table} would be copied onto itself`, 'name another target by --to or --into');
      }
      return await holdClaim(
        target,
        { name: `copy into ${request.into}`, what: `a copy into ${request.into}` },
        (lost) =>
          copy(source, target, request, { flags, logger, signal: AbortSignal.any([stopSignal(), lost]), settings }),
      );
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

/** @throws SettleError (exit 2) for a URL with a password, which everybody on the machine could see */
function urlOf(flag: string, given: string): string {
  if (given.startsWith('file:')) {
    const text = readTrustedFile(`the file of ${flag}`, given.slice('file:'.length), URL_BYTES_MAX).replace(
      /\r?\n$/,
      '',
    );
    return parseDatabaseUrl(text) && text;
  }
  const parsed = parseDatabaseUrl(given);
  if (parsed.kind === 'server' && parsed.password !== '') {
    throw usageError(
      `${flag} has a password in it, which every process of this machine can read`,
      `write the URL into a file: ${flag} file:PATH`,
    );
  }
  return given;
}

interface CopyRun {
  readonly flags: CopyFlags;
  readonly logger: ReturnType<typeof createLogger>;
  readonly signal: AbortSignal;
  readonly settings: Awaited<ReturnType<typeof loadSettings>>;
}

async function copy(
  source: Database,
  target: Database,
  request: Parameters<typeof compareTables>[2],
  { flags, logger, signal, settings }: CopyRun,
): Promise<number> {
  const startedMs = Date.now();
  const job = copyTableJob(source, request, { isSnapshot: flags.snapshot === true });
  const display = await showProgress(logger);
  let result: JobRunResult;
  try {
    result = await runJob(target, job, copyParameters(source, request), {
      workers: flags.workers ?? settings.workers,
      partitions: flags.partitions,
      signal,
      progress: display.sink,
      logger,
    });
  } finally {
    display.end();
  }
  const { execution, outcome, exitCode, error } = result;
  if (outcome === 'failed' || outcome === 'stopped') {
    if (error !== undefined) await reportError(error, settings.logLevel);
    if (exitCode !== ExitCode.usage)
      tell(`the copy into ${request.into} is not complete`, 'the same command goes on where it is');
    if (flags.json)
      await print(
        formatJson({ ...headOf(request, source, target), status: outcome, exitCode, execution: execution.id }),
      );
    return exitCode;
  }
  const plan = readCopyPlan(deserialiseContext((await getJobContext(target, execution.id)) ?? '{}'));
  const read = await readCopyDigest(target, execution.jobInstanceId);
  const elapsedMs = Date.now() - startedMs;
  const cut = await cutOf(target, execution.jobInstanceId, plan.isSnapshot);
  const compared = flags.verify ? await compareTables(source, target, request, plan, signal) : undefined;
  const isEqual = compared === undefined || isSameDigest(compared.source, compared.target);
  const code = isEqual ? ExitCode.completed : ExitCode.invariantBroken;
  if (flags.json) {
    const digests = compared && {
      source: digestText(compared.source),
      target: digestText(compared.target),
      different: compared.different,
    };
    const rest = {
      status: outcome,
      exitCode: code,
      execution: execution.id,
      rows: read.rows,
      digest: digestText(read),
      durationMs: elapsedMs,
      cut,
    };
    await print(formatJson({ ...headOf(request, source, target), ...rest, verified: digests ?? null }));
  } else {
    const done = outcome === 'already-complete' ? 'were copied before' : `copied in ${formatDuration(elapsedMs)}`;
    const check = compared === undefined ? 'counted' : isEqual ? 'equal on both sides' : 'NOT equal on both sides';
    await print(
      `${request.table} to ${request.into}: ${formatNumbered(read.rows, 'row')} ${done}; ${check} (${digestText(read)})\n${cut}\n`,
    );
  }
  if (compared !== undefined && !isEqual)
    await reportError(unequal(request, compared, isSameDigest(compared.target, read)), settings.logLevel);
  return code;
}

function headOf(
  { table, into }: { readonly table: string; readonly into: string },
  source: Database,
  target: Database,
) {
  return { from: source.displayUrl, table, to: target.displayUrl, into };
}

/** What may be said of the moment that the rows are of. */
async function cutOf(target: Database, jobInstanceId: number, isSnapshot: boolean): Promise<string> {
  const executions = await listJobExecutions(target, { job: 'copy-table', limit: 1_000 });
  const own = executions.filter((one) => one.jobInstanceId === jobInstanceId).length;
  if (isSnapshot && own === 1) return 'the rows are of one moment';
  if (isSnapshot)
    return `it was continued ${own - 1} times: the rows that each start read are of one moment, and of another than those before`;
  return 'each range of keys was read at a moment of its own: rows that changed meanwhile are as they were or as they became; rows with keys beyond the greatest at the start are not there; --snapshot reads all at one moment';
}

function unequal(
  { table, into }: { readonly table: string; readonly into: string },
  { source, target, different }: CopyComparison,
  isAsRead: boolean,
): SettleError {
  const rows = different.map(({ key, what }) => `${key} ${what}`).join('; ');
  const hint = isAsRead
    ? 'the target is what was read: the source has changed since'
    : 'the target is not what was read: somebody has changed it; empty it, and copy again into another table';
  return new SettleError(
    'COPY_DIFFERS',
    ExitCode.invariantBroken,
    `${table} (${digestText(source)}) and ${into} (${digestText(target)}) are not equal: ${rows}`,
    { hint },
  );
}
