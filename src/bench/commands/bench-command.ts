/** What `settle bench` does: from flags to a benchmark, to its reports, to an exit code. */
import { readFileSync, writeFileSync } from 'node:fs';
import { SHAPES } from '../../../seeds/video-shape.ts';
import { loadSettings, type Settings } from '../../cli/config.ts';
import { tell } from '../../cli/errors.ts';
import { formatJson } from '../../cli/output/json.ts';
import { print } from '../../cli/output/stdout.ts';
import { openDatabase } from '../../database/open.ts';
import { environment } from '../../environment.ts';
import { ExitCode, usageError } from '../../errors.ts';
import { parseBusinessDate, requireZone } from '../../rules/business-time.ts';
import { version } from '../../version.ts';
import type { BenchCase } from '../case.ts';
import { benchCases, findCase } from '../cases/index.ts';
import { breachesOf } from '../floors.ts';
import { joinResults, parseResult } from '../join-results.ts';
import { findPeers } from '../peers.ts';
import { reportHtml } from '../report-html.ts';
import { writeMarkdown } from '../report-markdown.ts';
import { reportText } from '../report-text.ts';
import type { BenchResult } from '../result.ts';
import { runBench } from '../run-bench.ts';
import { ratiosOf } from '../summarise.ts';
import type { BenchFlags } from './bench-flags.ts';

/** Small enough for a pipeline, large enough that starting is not all there is. */
const CI_SIZE = { rows: 300_000, videos: 10_000 };
const FULL_SIZE = { rows: 2_000_000, videos: 100_000 };
const CI_CASE = 'daily';
const ROUNDS = 3;
/** Made by the bench itself where the settings name no database: never the one that runs use by default. */
const OWN_DATABASE_URL = 'sqlite:settle-bench.db';

/** @returns the exit code: 1 when a result of settle itself was wrong; with `--ci` also when it failed, or a ratio is below its floor */
export async function benchCommand(names: readonly string[], flags: BenchFlags): Promise<number> {
  if (flags.list) {
    await print(benchCases.map(caseLine).join(''));
    return ExitCode.completed;
  }
  if (flags.floor !== undefined && !flags.ci) throw usageError('--floor goes with --ci');
  const result = flags.from === undefined ? await measure(names, flags) : readResults(flags.from);
  if (flags.html !== undefined) writeFileSync(flags.html, reportHtml(result));
  if (flags.markdown !== undefined) writeMarkdown(flags.markdown, result);
  await print(flags.json ? formatJson(result) : reportText(result));
  const problems = flags.ci ? judge(result, flags.floor ?? {}) : wrongOf(result);
  for (const problem of problems) tell(problem);
  return problems.length === 0 ? ExitCode.completed : ExitCode.failed;
}

async function measure(names: readonly string[], flags: BenchFlags): Promise<BenchResult> {
  const cases = casesOf(names, flags.ci === true);
  const loaded = await loadSettings(flags);
  const settings = loaded.databaseUrlSource === 'default' ? { ...loaded, databaseUrl: OWN_DATABASE_URL } : loaded;
  const spec = specOf(flags, settings);
  const database = await openDatabase(settings.databaseUrl, { create: true });
  try {
    return await runBench(database, {
      cases,
      contenders: flags.contenders?.split(',').map((name) => name.trim()),
      spec,
      rounds: flags.rounds ?? ROUNDS,
      roundsSlow: flags.roundsSlow,
      options: {
        peersFolder: findPeers(flags.peers ?? (environment().SETTLE_BENCH_PEERS || undefined)),
        isCi: flags.ci === true,
      },
      data: { remake: flags.remake === true, adopt: flags.adopt === true, tell },
      settleVersion: version(),
    });
  } finally {
    await database.close();
  }
}

function casesOf(names: readonly string[], isCi: boolean): readonly BenchCase[] {
  if (names.length > 0) return names.map(findCase);
  return isCi ? [findCase(CI_CASE)] : benchCases.filter(({ onRequest }) => !onRequest);
}

function specOf(flags: BenchFlags, settings: Settings) {
  const size = flags.ci ? CI_SIZE : FULL_SIZE;
  if (!SHAPES.some((shape) => shape === flags.shape)) {
    throw usageError(`unknown shape "${flags.shape}"`, `One of: ${SHAPES.join(', ')}.`);
  }
  return {
    rows: flags.rows ?? size.rows,
    date: parseBusinessDate(flags.date),
    zone: requireZone(flags.zone ?? settings.zone),
    shape: flags.shape,
    videos: flags.videos ?? size.videos,
    disorderSeconds: flags.disorder,
  };
}

function readResults(paths: readonly string[]): BenchResult {
  return joinResults(
    paths.map((path) => {
      try {
        return parseResult(readFileSync(path, 'utf8'));
      } catch (error) {
        throw usageError(`--from: ${path} is not what settle bench --json prints: ${(error as Error).message}`);
      }
    }),
  );
}

/** Fast and wrong is no result, whatever is compared. */
function wrongOf(result: BenchResult): string[] {
  const ours = result.cases.flatMap(({ contenders }) => contenders).filter(({ role }) => role === 'settle');
  return ours.flatMap(({ name, attempts }) => {
    const wrong = attempts.find((attempt) => attempt.wrong !== undefined)?.wrong;
    return wrong === undefined ? [] : [`${name}: ${wrong}`];
  });
}

function judge(result: BenchResult, floors: Readonly<Record<string, number>>): string[] {
  const problems = breachesOf(result.cases.flatMap(ratiosOf), floors).map(({ message }) => message);
  for (const { name, missing, contenders } of result.cases) {
    if (missing !== undefined) problems.push(`${name} was not run: ${missing}`);
    for (const { name, role, missing, attempts } of contenders) {
      if (role !== 'settle') continue;
      const bad =
        missing ?? attempts.map(({ failed, wrong }) => failed ?? wrong).find((reason) => reason !== undefined);
      if (bad !== undefined) problems.push(`${name}: ${bad}`);
    }
  }
  return problems;
}

function caseLine({ name, title, dialects, onRequest }: BenchCase): string {
  const where = dialects === undefined ? '' : `, on ${dialects.join(' and ')}`;
  return `${name.padEnd(20)} ${title}${where}${onRequest ? ' (only when it is named)' : ''}\n`;
}
