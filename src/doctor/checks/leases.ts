/** Executions that count as running: is whoever runs them alive? */
import { reasonOfDeath } from '../../engine/owner.ts';
import { listRunningExecutions } from '../../repository/job-execution.ts';
import { selectLease } from '../../repository/lease.ts';
import { type Check, type Finding, pass, warn } from '../check.ts';

export const leasesCheck: Check = {
  name: 'leases',
  needsSchema: true,
  async run({ database }) {
    const running = await listRunningExecutions(database.knex);
    const dead: Finding[] = [];
    for (const { id, jobName } of running) {
      const reason = reasonOfDeath(await selectLease(database, database.knex, id));
      if (reason === undefined) continue;
      dead.push(
        warn(
          `execution ${id} (${jobName}) is dead: ${reason}`,
          'start its command again: it takes over; `settle recover` only frees it',
        ),
      );
    }
    if (dead.length > 0) return dead;
    return pass(running.length === 0 ? 'nothing is running' : `${running.length} running, all alive`);
  },
};
