/** Case `challenge-settlement`: challenges of five, settled on the ledger, beside a plain insert of the rows it writes. */
import type { BenchCase } from '../case.ts';
import { plainInsert, type SeededChallenges, settleChallenges } from '../contenders/settle-challenges.ts';
import { EVENT_LOOP_FIGURE } from '../settle-run.ts';

const MEMBERS = 5;
/** Each round settles the challenges of one date. */
const DATES = 8;
/** As many views are asked for where a million challenges are meant. */
const VIEWS_A_CHALLENGE = 32;
const CHALLENGES_MAX = 1_000_000;
const CHALLENGES_MIN = 20_000;
const HOT_USERS = 2;

export const challengeSettlementCase: BenchCase = {
  name: 'challenge-settlement',
  title: 'Challenges of five',
  description:
    'Challenges of five members, a few users being in ten thousand of them, settled date by date: statuses, journals, ' +
    'entries, lots, payouts, notifications; beside it the same rows inserted again, plainly, into empty tables like those.',
  dialects: ['mariadb', 'mysql'],
  needsData: false,
  unit: 'challenges',
  ratios: [
    { name: 'plain', of: 'settle-2', against: 'plain-insert-1', target: 0.5 },
    { name: 'plain-2', of: 'settle-2', against: 'plain-insert-2' },
  ],
  figures: [EVENT_LOOP_FIGURE, { name: 'entries', label: 'entries of the ledger, a second', unit: 'entries/s' }],
  async contenders(context) {
    const { spec, options, tell } = context;
    const wanted = Math.round(spec.rows / VIEWS_A_CHALLENGE);
    const total = options.isCi ? CHALLENGES_MIN : Math.min(CHALLENGES_MAX, Math.max(CHALLENGES_MIN, wanted));
    const challenges = total - (total % DATES);
    const database = await context.openEmpty('challenges');
    tell(`challenge-settlement: seeding ${challenges} challenges`);
    const size = ['--challenges', String(challenges), '--members', String(MEMBERS), '--hot-users', String(HOT_USERS)];
    await context.runSettle(['seed', ...size, '--date', spec.date, '--days', String(DATES)], { database });
    const seeded: SeededChallenges = { database, challengesADate: challenges / DATES, settled: undefined };
    return [settleChallenges(context, seeded, 2), plainInsert(context, seeded, 1), plainInsert(context, seeded, 2)];
  },
};
