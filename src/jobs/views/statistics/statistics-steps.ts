/** The steps of a date's statistics: up to their publishing, and what follows when they are paid. */
import type { ChunkSize } from '../../../engine/chunk-size.ts';
import type { Step } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { workerModule } from '../../../partition/worker-module.ts';
import { compileKernel } from '../kernel/kernel-module.ts';
import { requireShards } from '../log/open-log.ts';
import { discardPlan } from './discard-plan.ts';
import { loadVideos } from './load-videos.ts';
import { deletePartials } from './partial-store.ts';
import { publishPopular } from './publish-popular.ts';
import { publishStatistics } from './publish-statistics.ts';
import { quarantineUndated } from './quarantine-undated.ts';
import { rankVideos } from './rank-videos.ts';
import { discardMerged, planResolve, requireOwnMerge, resolveRowsOfOwnThread, resolveStep } from './resolve-plan.ts';
import { planStatistics, requireTruePlan, statisticsStep, videosCheck } from './statistics-plan.ts';
import type { StatisticsShare } from './statistics-worker.ts';

/** A checkpoint about every second a worker. */
const chunkSize: ChunkSize = { firstRows: 262_144, rowsMax: 4_000_000 };

/** Views, in whole buckets of them; what counts is held until the checkpoint. */
const resolveChunkSize: ChunkSize = { firstRows: 120_000, rowsMax: 500_000 };

/** Reads the date's rows once, and publishes its daily statistics. */
export const statisticsSteps: readonly Step[] = [
  {
    kind: 'partitioned',
    name: statisticsStep,
    chunkSize,
    plan: planStatistics,
    checkPlan: requireTruePlan,
    share: shareVideos,
    remote: true,
    discard: discardPlan,
    // A fraction of a second of work.
    stealing: { rowsMin: 100_000 },
    workerModule: workerModule('statistics-worker', import.meta.url),
  },
  {
    kind: 'partitioned',
    name: resolveStep,
    chunkSize: resolveChunkSize,
    plan: planResolve,
    checkPlan: requireOwnMerge,
    ownThreadRowsMax: resolveRowsOfOwnThread,
    // The history of a pair is read from all shards.
    share: ({ database }) => requireShards(database),
    remote: true,
    discard: discardMerged,
    workerModule: workerModule('resolve-worker', import.meta.url),
  },
  { kind: 'tasklet', name: 'quarantine-undated', run: quarantineUndated },
  { kind: 'tasklet', name: 'publish-statistics', run: publishStatistics },
];

/** Rankings by the published statistics, and the end of what the run kept for itself. */
export const rankingSteps: readonly Step[] = [
  { kind: 'tasklet', name: 'rank-videos', run: rankVideos },
  { kind: 'tasklet', name: 'publish-popular', run: publishPopular },
  {
    kind: 'tasklet',
    name: 'clean-up',
    run: async (context) => {
      await context.transaction((tx) => deletePartials(tx, context.jobInstanceId));
      return undefined;
    },
  },
];

/** Made at each start, by each host; what the plan says of the videos tells whether they are the same ones. */
async function shareVideos({ database }: StepContext): Promise<StatisticsShare> {
  // A host that does not know the shards takes nothing of the step.
  await requireShards(database);
  const kernel = await compileKernel();
  for (let check = await videosCheck(database); ; ) {
    const videos = (await loadVideos(database)).share();
    // One that is added or changed while they are read would be judged by, but not told of: after a restart the rest of
    // the date would go by other videos than its beginning, under the same check.
    const now = await videosCheck(database);
    if (now === check) return { kernel, check, videos };
    check = now;
  }
}
