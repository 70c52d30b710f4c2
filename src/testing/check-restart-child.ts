/** The process that `checkRestart` kills: runs one job once, and ends itself by SIGKILL at the commit that it was told. */
import type { Database, Transaction } from '../database/database.ts';
import { openDatabase } from '../database/open.ts';
import { jobsByName } from '../define/registered.ts';
import { runJob } from '../steps/run-job.ts';
import type { ChildEnd, ChildTask } from './check-restart.ts';

process.once('message', async (task: ChildTask) => {
  process.send?.(await run(task).catch((error: unknown): ChildEnd => failure(error)));
  process.disconnect();
});

async function run({ module, job, url, parameters, kill }: ChildTask): Promise<ChildEnd> {
  await import(module);
  const definition = jobsByName.get(job);
  if (definition === undefined) throw new Error(`${module} does not define the job ${job} when it is imported`);
  const database = await openDatabase(url);
  let commits = 0;
  const counted: Database = {
    ...database,
    transaction: async <T>(work: (tx: Transaction) => Promise<T>): Promise<T> => {
      const at = ++commits;
      const result = await database.transaction(async (tx) => {
        const done = await work(tx);
        if (kill?.when === 'before' && kill.at === at) process.kill(process.pid, 'SIGKILL');
        return done;
      });
      if (kill?.when === 'after' && kill.at === at) process.kill(process.pid, 'SIGKILL');
      return result;
    },
  };
  const { outcome, error } = await runJob(counted, definition, parameters, { workers: 1 });
  await database.close();
  return { outcome, error: error?.message, commits };
}

function failure(error: unknown): ChildEnd {
  return { outcome: 'refused', error: error instanceof Error ? error.message : String(error), commits: 0 };
}
