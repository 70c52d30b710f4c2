/** Records that were skipped and not replayed since, and those that domains keep themselves. */
import { countWaitingByExecution } from '../../repository/skipped.ts';
import { type Check, pass, warn } from '../check.ts';

const SHOWN_MAX = 5;

export const setAsideCheck: Check = {
  name: 'set aside',
  needsSchema: true,
  async run({ database, setAside = [] }) {
    const kept = await Promise.all(setAside.map((store) => store.countByExecution(database)));
    const found = [...kept.flat(), ...(await countWaitingByExecution(database.knex))];
    const waiting = found.sort((a, b) => b.jobExecutionId - a.jobExecutionId);
    if (waiting.length === 0) return pass('no records are waiting');
    const findings = waiting
      .slice(0, SHOWN_MAX)
      .map(({ jobExecutionId, rows }) =>
        warn(
          `execution ${jobExecutionId} has set ${rows} records aside`,
          `\`settle skipped ${jobExecutionId}\` lists them with reasons`,
        ),
      );
    const rest = waiting.slice(SHOWN_MAX).reduce((sum, { rows }) => sum + rows, 0);
    return rest === 0
      ? findings
      : [...findings, warn(`${rest} records of earlier executions`, '`settle runs` lists them')];
  },
};
