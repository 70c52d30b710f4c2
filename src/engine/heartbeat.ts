/** The heartbeat of a run: renews the lease, and notices that a stop was asked for or that the run was taken over. */
import type { Logger } from 'pino';
import type { Database } from '../database/database.ts';
import { selectJobExecution } from '../repository/job-execution.ts';
import { renewLease, selectLease } from '../repository/lease.ts';

const STOP_POLL_MS = 1000;

export interface HeartbeatOptions {
  readonly database: Database;
  readonly jobExecutionId: number;
  readonly ownerId: string;
  readonly leaseMs: number;
  readonly logger: Logger;
  readonly onStopRequested: () => void;
  readonly onOwnershipLost: () => void;
  /** What else is to be written while the run goes on; a failure of it is no missed beat. */
  readonly onBeat?: () => Promise<void>;
}

/** Beats until `stop`, which resolves when no statement of it is under way any more. Does not keep a process alive. */
export function startHeartbeat(options: HeartbeatOptions): { stop(): Promise<void> } {
  const renewEveryMs = options.leaseMs / 3;
  let renewedAtMs = performance.now();
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;
  let beating: Promise<void> = Promise.resolve();

  /** Given before the database's clock was set back: to others such a lease is over. */
  const isAhead = async () =>
    (await selectLease(options.database, options.database.knex, options.jobExecutionId))?.isAhead === true;

  const beat = async () => {
    try {
      if (performance.now() - renewedAtMs >= renewEveryMs || (await isAhead())) {
        if (!(await renewLease(options.database, options, options.leaseMs))) return options.onOwnershipLost();
        renewedAtMs = performance.now();
      }
      const execution = await selectJobExecution(options.database.knex, options.jobExecutionId);
      if (execution?.status === 'STOPPING') options.onStopRequested();
      await options.onBeat?.().catch((err: unknown) => options.logger.debug({ err }, 'progress was not written'));
    } catch (error) {
      // Not the run's end: if the database stays away, the run itself will meet it; if not, the next beat makes good.
      options.logger.warn({ err: error }, 'the heartbeat missed a beat');
    }
    schedule();
  };
  const schedule = () => {
    if (isStopped) return;
    timer = setTimeout(
      () => {
        beating = beat();
      },
      Math.min(STOP_POLL_MS, renewEveryMs),
    );
    timer.unref();
  };

  schedule();
  return {
    async stop() {
      isStopped = true;
      clearTimeout(timer);
      await beating;
    },
  };
}
