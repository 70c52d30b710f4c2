/** Settles the next date of seeded challenges; and inserts plainly, once more, the rows that this has written. */
import { fileURLToPath } from 'node:url';
import type { Database } from '../../database/database.ts';
import { workerModule } from '../../partition/worker-module.ts';
import type { CaseContext, Contender } from '../case.ts';
import { nextDueDate, readEnds, type SettledDate, settledSince } from '../challenge-run.ts';
import { eventLoopFigure, MEASURE_ENVIRONMENT, parseSettleRun } from '../settle-run.ts';

/** A settlement commits about so many at a time. */
const CHALLENGES_A_COMMIT = 1_000;

export interface SeededChallenges {
  readonly database: Database;
  /** Due on each date. */
  readonly challengesADate: number;
  /** What the last settlement wrote. */
  settled: SettledDate | undefined;
}

export function settleChallenges(context: CaseContext, seeded: SeededChallenges, workers: number): Contender {
  return {
    name: `settle-${workers}`,
    label: `settle run challenge-settlement, ${workers} workers`,
    role: 'settle',
    run: async () => await settleNextDate(context, seeded, workers),
  };
}

async function settleNextDate(context: CaseContext, seeded: SeededChallenges, workers: number) {
  const { database, challengesADate } = seeded;
  const date = await nextDueDate(database);
  if (date === undefined) throw new Error('every seeded challenge is settled: ask for fewer rounds');
  const before = await readEnds(database);
  const args = ['run', 'challenge-settlement', '--date', date, '--workers', String(workers), '--json'];
  const { stdout, wallSeconds } = await context.runSettle(args, { database, env: MEASURE_ENVIRONMENT });
  const run = parseSettleRun(stdout);
  const settled = await settledSince(database, date, before);
  seeded.settled = settled;
  const seconds = run.durationMs / 1000;
  return {
    seconds,
    wallSeconds,
    rows: settled.challenges,
    figures: { ...eventLoopFigure(run), entries: settled.entries / seconds },
    ...(settled.challenges === challengesADate ? {} : { wrong: `${settled.challenges} of ${challengesADate} settled` }),
  };
}

/** Into empty tables, with the same keys. */
export function plainInsert(context: CaseContext, seeded: SeededChallenges, connections: number): Contender {
  return {
    name: `plain-insert-${connections}`,
    label: `plain bulk insert of the same rows, ${connections} connection${connections === 1 ? '' : 's'}`,
    role: 'limit',
    async run() {
      // In a round that begins with this one, the rows are those of the round before; in the first there are none yet.
      if (seeded.settled === undefined) await settleNextDate(context, seeded, 2);
      const { challenges, ranges } = seeded.settled!;
      const program = fileURLToPath(workerModule('plain-insert-process', import.meta.url));
      const pages = Math.max(1, Math.ceil(challenges / CHALLENGES_A_COMMIT));
      const args = [program, String(connections), String(pages), JSON.stringify(ranges)];
      const env = { SETTLE_DATABASE_URL: seeded.database.url };
      const { stdout } = await context.runProcess(process.execPath, args, { env });
      const { seconds } = JSON.parse(stdout) as { seconds: number };
      return { seconds, rows: challenges };
    },
  };
}
