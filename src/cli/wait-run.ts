/** What `settle wait` does: looks at a run in the database until it has ended, and ends as the run did. */
import { setTimeout as sleep } from 'node:timers/promises';
import { reasonOfDeath } from '../engine/owner.ts';
import { defaultRetryPolicy } from '../engine/retry-policy.ts';
import { type Retrying, withRetry } from '../engine/retrying.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { getJobExecution } from '../repository/job-execution.ts';
import { isBusinessDate, listJobParameters } from '../repository/job-parameters.ts';
import { selectLease } from '../repository/lease.ts';
import { type RunRequest, selectOpenRequestOf, selectRequest } from '../repository/request.ts';
import { isRunning, type JobExecution } from '../repository/types.ts';
import type { CommandContext } from './command-context.ts';
import { tell } from './errors.ts';
import { type ExecutionView, readExecutionView } from './execution-view.ts';
import { requireExecution } from './find-execution.ts';
import { summaryText } from './output/execution-text.ts';
import { formatJson } from './output/json.ts';
import { print } from './output/stdout.ts';
import { signalExitCode, stopSignal } from './stop-signal.ts';
import { writeTerminationLog } from './termination-log.ts';

const LOOK_MS = 1_000;
/** Without a worker for so long, the operator is told. */
const UNTAKEN_WARNING_MS = 60_000;

export interface WaitFlags {
  readonly json?: boolean;
}

/** How a run ended. */
interface RunEnd {
  readonly execution: JobExecution | undefined;
  /** Undefined: as the execution's status says. */
  readonly exitCode: number | undefined;
  readonly message: string;
}

/** Resolves to the run's exit code; to that of the signal after one, which stops the waiting only. */
export async function waitForRun(context: CommandContext, id: number, flags: WaitFlags): Promise<number> {
  const { database, logger } = context;
  if ((await selectRequest(database.knex, id)) === undefined) await requireExecution(database, id);
  const signal = stopSignal('waiting no longer');
  logger.debug({ run: id }, 'waiting');
  const retrying: Retrying = {
    policy: defaultRetryPolicy,
    circuit: { isOpen: false },
    isStopRequested: () => signal.aborted,
    logger,
  };
  const watch = new RunWatch(context, id);
  for (;;) {
    const end = await withRetry(retrying, () => watch.look());
    if (end !== undefined) return await tellEnd(context, id, end, flags);
    await sleep(LOOK_MS * (0.5 + Math.random()), undefined, { signal }).catch(() => {});
    if (!signal.aborted) continue;
    tell(`run ${id} goes on`, `\`settle wait ${id}\` waits for it again, \`settle stop ${id}\` stops it`);
    return signalExitCode(signal);
  }
}

class RunWatch {
  readonly #context: CommandContext;
  readonly #id: number;
  readonly #sinceMs = performance.now();
  #execution: number | undefined;
  #hasWarned = false;

  constructor(context: CommandContext, id: number) {
    this.#context = context;
    this.#id = id;
  }

  /** Undefined while it goes on. @throws SettleError of a run that nobody is going to end */
  async look(): Promise<RunEnd | undefined> {
    const { database } = this.#context;
    const own = await selectRequest(database.knex, this.#id);
    if (own !== undefined) return await this.#ofRequest(own);
    const execution = await requireExecution(database, this.#id);
    // Who has died of it is replaced.
    const open = await selectOpenRequestOf(database.knex, execution.jobInstanceId);
    if (open !== undefined) return await this.#ofRequest(open);
    if (!isRunning(execution.status)) {
      const isWell = execution.status === 'COMPLETED' || execution.status === 'STOPPED';
      return { execution, exitCode: undefined, message: isWell ? '' : execution.exitMessage };
    }
    const death = reasonOfDeath(await selectLease(database, database.knex, execution.id));
    if (death === undefined) return undefined;
    // It may have ended between the two statements.
    const again = await requireExecution(database, this.#id);
    if (!isRunning(again.status)) return undefined;
    throw new SettleError('OWNER_LOST', ExitCode.failed, `execution ${this.#id} does not go on: ${death}`, {
      hint: `go on with it: settle restart ${this.#id}`,
    });
  }

  async #ofRequest(request: RunRequest): Promise<RunEnd | undefined> {
    const { jobExecutionId, exitCode, message, state } = request;
    if (state === 'ENDED') {
      const { database } = this.#context;
      const execution = jobExecutionId === undefined ? undefined : await getJobExecution(database, jobExecutionId);
      return { execution, exitCode: exitCode ?? ExitCode.failed, message };
    }
    this.#tellProgress(request);
    return undefined;
  }

  #tellProgress({ id, jobExecutionId, ownerHost }: RunRequest): void {
    if (jobExecutionId !== this.#execution) {
      this.#execution = jobExecutionId;
      const where = ownerHost === undefined ? '' : ` on ${ownerHost}`;
      if (jobExecutionId !== this.#id) tell(`run ${id} is at work${where}, as execution ${jobExecutionId}`);
    }
    if (jobExecutionId !== undefined || this.#hasWarned) return;
    if (performance.now() - this.#sinceMs < UNTAKEN_WARNING_MS) return;
    this.#hasWarned = true;
    tell(`no worker has taken run ${id} yet`, 'on this host or another: settle worker');
  }
}

async function tellEnd(
  context: CommandContext,
  id: number,
  { execution, exitCode, message }: RunEnd,
  { json }: WaitFlags,
): Promise<number> {
  if (execution === undefined) {
    const code = exitCode ?? ExitCode.failed;
    if (json) await print(formatJson({ id, status: 'NOT STARTED', exitMessage: message }));
    tell(`run ${id} was not begun: ${message}`);
    writeTerminationLog({ exitCode: code, status: 'NOT STARTED', message });
    return code;
  }
  const { view, description } = await readExecutionView(context, execution, new Date());
  const businessDate = (await listJobParameters(context.database, execution.id)).find(isBusinessDate)?.value;
  if (json) await print(formatJson(view));
  else await print(summaryText(view, description, businessDate));
  if (message !== '') tell(message);
  const code = exitCode ?? exitCodeOf(view);
  const { job, status, rows, durationMs } = view;
  writeTerminationLog({ exitCode: code, job, businessDate, execution: view.id, status, rows, durationMs, message });
  return code;
}

/** Of an execution that nobody else was to go on with: its process has had the exact one. */
function exitCodeOf({ status, steps }: Pick<ExecutionView, 'status' | 'steps'>): number {
  if (status === 'STOPPED') return ExitCode.terminated;
  if (status !== 'COMPLETED') return ExitCode.failed;
  const skips = steps.some((one) => one.readSkipCount + one.processSkipCount + one.writeSkipCount > 0);
  return skips ? ExitCode.completedWithSkips : ExitCode.completed;
}
