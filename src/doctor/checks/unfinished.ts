/** Job instances whose last execution failed or was stopped, and that nobody has continued or given up since. */
import { countUnfinished, listUnfinished } from '../../repository/unfinished.ts';
import { type Check, pass, warn } from '../check.ts';

const SHOWN_MAX = 5;

export const unfinishedCheck: Check = {
  name: 'unfinished runs',
  needsSchema: true,
  async run({ database: { knex } }) {
    const total = await countUnfinished(knex);
    if (total === 0) return pass('none');
    const found = await listUnfinished(knex, SHOWN_MAX);
    const findings = found.map(({ id, jobName, status, exitMessage }) => {
      const why = exitMessage === '' ? '' : `: ${exitMessage}`;
      return warn(
        `execution ${id} (${jobName}) is ${status}${why}`,
        `\`settle restart ${id}\` continues it, \`settle abandon ${id} --reason ...\` gives it up`,
      );
    });
    const rest = total - found.length;
    return rest === 0 ? findings : [...findings, warn(`${rest} more`, '`settle runs` lists them')];
  },
};
