/**
 * Runs cases: prepares data and contenders, lets them take turns round by round, measures each attempt, and gathers
 * everything into a BenchResult. What cannot run is named with its reason; nothing is left out silently.
 */
import { loadavg } from 'node:os';
import type { Database } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { isSettleError } from '../errors.ts';
import { claim, type DataOptions, describeSpec, type PreparedData, prepareData } from './bench-data.ts';
import type { BenchCase, BenchOptions, CaseContext, Contender } from './case.ts';
import type { DataSpec } from './data-spec.ts';
import { busyShare, describeMachine, describeServer } from './machine.ts';
import { measureProcessTree } from './measure-process-tree.ts';
import { type ServerMeter, serverMeter } from './measure-server.ts';
import { type Attempt, type BenchResult, type CaseResult, type ContenderResult, FORMAT_VERSION } from './result.ts';
import { planRounds } from './rounds.ts';
import { runProcess, runSettle } from './run-process.ts';
import { siblingUrl } from './sibling-database.ts';

export interface BenchRequest {
  readonly cases: readonly BenchCase[];
  /** Names of contenders to run; undefined: all. */
  readonly contenders: readonly string[] | undefined;
  readonly spec: DataSpec;
  readonly rounds: number;
  /** For contenders that are slow. */
  readonly roundsSlow: number;
  readonly options: BenchOptions;
  readonly data: DataOptions;
  readonly settleVersion: string;
}

export async function runBench(database: Database, request: BenchRequest): Promise<BenchResult> {
  const startedAt = new Date().toISOString();
  const meter = await serverMeter(database);
  const cases: CaseResult[] = [];
  for (const one of request.cases) cases.push(await runCase(database, one, request, meter));
  return {
    formatVersion: FORMAT_VERSION,
    startedAt,
    settleVersion: request.settleVersion,
    machine: describeMachine(),
    notMeasured: meter.notMeasured,
    cases,
  };
}

async function runCase(
  database: Database,
  one: BenchCase,
  request: BenchRequest,
  meter: ServerMeter,
): Promise<CaseResult> {
  const { name, title, description, unit = 'rows', ratios, figures = [] } = one;
  const server = await describeServer(database);
  const base = { name, title, description, unit, server, ratios, figures, contenders: [] };
  if (one.dialects !== undefined && !one.dialects.includes(database.dialect.name)) {
    const missing = `it runs on ${one.dialects.join(' and ')} only`;
    return { ...base, conditions: server.version, missing };
  }
  const { tell } = request.data;
  const opened: Database[] = [];
  // Refused rows end the whole benchmark: every case would meet them.
  const data = (one.needsData ?? true) ? await prepareData(database, request.spec, request.data) : undefined;
  const conditions = [data && describeSpec(data.spec), server.version].filter((part) => part !== undefined).join('; ');
  try {
    let all: readonly Contender[];
    try {
      all = await one.contenders(caseContext(database, data, request, opened));
    } catch (error) {
      tell(`${name} cannot run: ${lineOf(error)}`);
      return { ...base, conditions, missing: lineOf(error) };
    }
    const contenders = all.filter((contender) => request.contenders?.includes(contender.name) ?? true);
    if (contenders.length === 0) {
      const known = all.map((contender) => contender.name).join(', ');
      return { ...base, conditions, missing: `none of its contenders was asked for; it has ${known}` };
    }
    const ready: Contender[] = [];
    const missing = new Map<string, string>();
    for (const contender of contenders) {
      tell(`${name}: preparing ${contender.name}`);
      const reason = await reasonAgainst(contender);
      if (reason === undefined) ready.push(contender);
      else missing.set(contender.name, reason);
      if (reason !== undefined) tell(`${name}: ${contender.name} is missing: ${reason}`);
    }
    const attempts = await runRounds(name, ready, request, meter);
    return {
      ...base,
      conditions,
      contenders: contenders.map((contender) => contenderResult(contender, missing, attempts)),
    };
  } finally {
    for (const other of opened) await other.close();
  }
}

function caseContext(
  database: Database,
  data: PreparedData | undefined,
  request: BenchRequest,
  opened: Database[],
): CaseContext {
  const { tell } = request.data;
  const open = async (suffix: string) => {
    const other = await openDatabase(await siblingUrl(database, suffix));
    opened.push(other);
    return other;
  };
  // A database beside the main one is made for the bench alone, so its rows may always be made anew.
  const dataOptions = { ...request.data, remake: true, adopt: false };
  return {
    database,
    spec: request.spec,
    get data() {
      if (data === undefined) throw new Error('this case says that it needs no data');
      return data;
    },
    options: request.options,
    tell,
    openData: async (suffix, spec) => {
      const other = await open(suffix);
      return { database: other, data: await prepareData(other, spec, dataOptions) };
    },
    openEmpty: async (suffix) => {
      const other = await open(suffix);
      await claim(other, dataOptions);
      return other;
    },
    runProcess,
    runSettle: (args, { database: other = database, ...options } = {}) => runSettle(other.url, args, options),
  };
}

async function reasonAgainst(contender: Contender): Promise<string | undefined> {
  try {
    return await contender.prepare?.();
  } catch (error) {
    return lineOf(error);
  }
}

/** Attempts by the name of their contender. */
async function runRounds(
  caseName: string,
  contenders: readonly Contender[],
  { rounds, roundsSlow, data: { tell } }: BenchRequest,
  meter: ServerMeter,
): Promise<Map<string, Attempt[]>> {
  const attempts = new Map<string, Attempt[]>(contenders.map(({ name }) => [name, []]));
  for (const [i, names] of planRounds(contenders, rounds, roundsSlow).entries()) {
    for (const name of names) {
      const contender = contenders.find((one) => one.name === name)!;
      const attempt = await measureAttempt(contender, i + 1, meter);
      attempts.get(name)!.push(attempt);
      const verdict = attempt.failed ?? attempt.wrong;
      const outcome = verdict === undefined ? `${attempt.seconds.toFixed(2)} s` : `NOT RIGHT: ${verdict}`;
      tell(`${caseName}: round ${i + 1}: ${name} ${outcome}`);
    }
  }
  return attempts;
}

async function measureAttempt(contender: Contender, round: number, meter: ServerMeter): Promise<Attempt> {
  const startedAt = new Date().toISOString();
  const loadBefore = loadavg()[0];
  const othersBefore = await busyShare();
  const before = await meter.read();
  const base = { round, startedAt, loadBefore, othersBefore };
  try {
    const { result, peakRssBytes, cpuSeconds } = await measureProcessTree(() => contender.run());
    const after = await meter.read();
    return {
      ...base,
      ...result,
      wallSeconds: result.wallSeconds ?? result.seconds,
      peakRssBytes,
      clientCpuSeconds: cpuSeconds,
      serverCpuSeconds: difference(after.cpuSeconds, before.cpuSeconds),
      wireBytes: difference(after.wireBytes, before.wireBytes),
    };
  } catch (error) {
    const nothing = { peakRssBytes: undefined, clientCpuSeconds: undefined, serverCpuSeconds: undefined };
    return { ...base, ...nothing, wireBytes: undefined, seconds: 0, wallSeconds: 0, rows: 0, failed: lineOf(error) };
  }
}

function contenderResult(
  { name, label, role }: Contender,
  missing: ReadonlyMap<string, string>,
  attempts: ReadonlyMap<string, Attempt[]>,
): ContenderResult {
  const reason = missing.get(name);
  return {
    name,
    label,
    role,
    ...(reason === undefined ? {} : { missing: reason }),
    attempts: attempts.get(name) ?? [],
  };
}

function difference(after: number | undefined, before: number | undefined): number | undefined {
  return after === undefined || before === undefined ? undefined : after - before;
}

/** An error in one line. */
function lineOf(error: unknown): string {
  const message = error instanceof Error || isSettleError(error) ? error.message : String(error);
  return message.split('\n')[0];
}
