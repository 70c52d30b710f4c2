/**
 * Drops what an outdated plan has left: the partitions' results, and what is remembered of the ids that it read, so
 * that the next plan measures them again.
 */
import type { StepContext } from '../../../engine/step-context.ts';
import { withViewLog } from '../log/open-log.ts';
import { zonesToRead } from '../zones/date-plan.ts';
import type { Zone } from '../zones/zone.ts';
import { forgetOtherLog, remeasureZones } from '../zones/zone-map.ts';
import { loadZones } from '../zones/zone-store.ts';
import { deletePartials } from './partial-store.ts';
import { frameOf } from './statistics-plan.ts';

export async function discardPlan(context: StepContext): Promise<void> {
  const { database, parameters } = context;
  await context.transaction((tx) => deletePartials(tx, context.jobInstanceId));
  const frame = frameOf(parameters.require('date'), parameters.require('zone'));
  await withViewLog(database, async ({ shards }) => {
    for (const shard of shards) {
      if (await forgetOtherLog(database, shard)) continue;
      const zones = await loadZones(database.knex, shard.map);
      const read = new Set<Zone>(zonesToRead(zones, { startMs: frame.lookbackStartMs, endMs: frame.dayEndMs }));
      // Whole zones only: those of which the plan took single rows were counted when it was made.
      for (const zone of zones) if (read.has(zone)) await remeasureZones(database, shard, [zone]);
    }
  });
}
