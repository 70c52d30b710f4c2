/** The quarantine of the view log as `settle skipped`, `replay` and `doctor` ask for it. */
import type { SetAsideStore } from '../../../engine/set-aside.ts';
import { quarantineAdvice } from './quarantine-advice.ts';
import {
  countQuarantine,
  countQuarantineByExecution,
  countQuarantineByReason,
  readQuarantine,
  replacedBy,
} from './read-quarantine.ts';

/** The job that publishes a date, and with it the date's rows in the quarantine. */
const publishingJob = 'daily';

export const quarantineStore: SetAsideStore = {
  countByExecution: countQuarantineByExecution,
  count: countQuarantine,
  async countByReason(database, jobExecutionId) {
    const counts = await countQuarantineByReason(database, jobExecutionId);
    return counts.map(({ reason, rows }) => ({ reason, rows, correctIn: quarantineAdvice(reason) }));
  },
  list: async (database, jobExecutionId, limit) => await readQuarantine(database, jobExecutionId, { limit }),
  async replacedBy(database, { id, jobName }, parameters) {
    const date = parameters.find(({ name }) => name === 'date')?.value;
    if (jobName !== publishingJob || date === undefined) return undefined;
    const execution = await replacedBy(database, id, date);
    if (execution === undefined) return undefined;
    return {
      execution,
      words: `computed ${date} again: the date's records are its own now, undated ones stay`,
    };
  },
};
