/** What `settle stop` does to an execution, or to a run that was left to workers. */
import type { Database } from '../database/database.ts';
import { requestStop } from '../engine/operate.ts';
import { cancelRequest, requestOver } from '../engine/request-run.ts';
import { findRequest, requireExecution } from './find-execution.ts';

/** Resolves to what to tell. @throws SettleError (exit 2) when it is unknown or has ended */
export async function stopRun(database: Database, id: number): Promise<string> {
  const request = await findRequest(database, id);
  if (request === undefined || request.state === 'ENDED') {
    if (request?.isDetached) throw requestOver(request);
    return await stopExecution(database, (await requireExecution(database, id)).id);
  }
  const cancelled = await cancelRequest(database, request, new Date());
  if (cancelled === 'over') throw requestOver(request);
  if (cancelled !== 'cancelled') return await stopExecution(database, cancelled.id);
  return `run ${id} is stopped: no process was at work on it, and no worker takes it`;
}

async function stopExecution(database: Database, id: number): Promise<string> {
  await requestStop(database, id);
  return `execution ${id} is stopping; \`settle restart ${id}\` will continue it`;
}
