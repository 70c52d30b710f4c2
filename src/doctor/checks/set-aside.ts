/** Rows of the view log that runs have set aside and that nobody has put right since. */
import { countQuarantineByExecution } from '../../jobs/daily/read-quarantine.ts';
import { type Check, pass, warn } from '../check.ts';

const SHOWN_MAX = 5;

export const setAsideCheck: Check = {
  name: 'set aside',
  needsSchema: true,
  async run({ database }) {
    const waiting = await countQuarantineByExecution(database);
    if (waiting.length === 0) return pass('no rows are waiting');
    const findings = waiting
      .slice(0, SHOWN_MAX)
      .map(({ jobExecutionId, rows }) =>
        warn(
          `execution ${jobExecutionId} has set ${rows} rows aside`,
          `\`settle skipped ${jobExecutionId}\` lists them with reasons`,
        ),
      );
    const rest = waiting.slice(SHOWN_MAX).reduce((sum, { rows }) => sum + rows, 0);
    return rest === 0
      ? findings
      : [...findings, warn(`${rest} rows of earlier executions`, '`settle runs` lists them')];
  },
};
