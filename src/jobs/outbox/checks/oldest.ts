/** Whether deliveries keep up. */
import { type Check, type CheckContext, pass, warn } from '../../../doctor/check.ts';
import { readOutboxState } from '../store/outbox-state.ts';

/** The last back-off is five minutes. */
const OLDEST_SECONDS_MAX = 900;

export const outboxCheck: Check = {
  name: 'outbox',
  needsSchema: true,
  run: async ({ database }: CheckContext) => {
    const { waiting, dead, oldestAgeSeconds, oldestId, relays } = await readOutboxState(database);
    const age = oldestAgeSeconds ?? 0;
    if (age > OLDEST_SECONDS_MAX) {
      const who = relays === 0 ? 'no relay runs' : `relays that run: ${relays}`;
      return warn(
        `the oldest of ${waiting} waiting messages, row ${oldestId}, has waited for ${age} s; ${who}`,
        'run `settle relay --once`, or look at `settle outbox`',
      );
    }
    if (dead > 0) return warn(`${dead} messages are dead letters`, '`settle outbox dead` lists them');
    return pass(`${waiting} messages wait in the outbox`);
  },
};
