/**
 * Step `quarantine-undated`: rows without a time (NULL, or a zero date of MySQL) belong to no date, so no date's ranges need hold them. Zones know how
 * many they have; those that are not in quarantine yet are put there, once, by row id.
 */
import type { Database, Transaction } from '../../../database/database.ts';
import type { StepCounts } from '../../../engine/step.ts';
import type { StepContext } from '../../../engine/step-context.ts';
import { loadZones } from '../zones/zone-store.ts';
import { quarantine } from './publish-statistics.ts';
import { viewLog } from './view-log.ts';

const rowsAQuery = 1_000;

export async function quarantineUndated(context: StepContext): Promise<Partial<StepCounts>> {
  const { database } = context;
  await context.transaction((tx) => releaseDated(database, tx));
  let writeCount = 0;
  for (const zone of await loadZones(database.knex, viewLog.table)) {
    if (zone.undated === 0) continue;
    const ids: [string, string] = [zone.fromId.toString(), zone.toId.toString()];
    for (;;) {
      const rows = await database
        .knex(`${viewLog.table} as v`)
        .leftJoin('settle_quarantine as q', 'q.row_id', 'v.id')
        .whereBetween('v.id', ids)
        .whereRaw(database.dialect.holdsNoTime('v.viewed_at'))
        .whereNull('q.row_id')
        .orderBy('v.id')
        .limit(rowsAQuery)
        .select('v.id', 'v.video_id', 'v.viewer_id', 'v.play_seconds', 'v.ad_views');
      if (rows.length === 0) break;
      await context.transaction((tx) =>
        quarantine(
          database,
          tx,
          'ignore',
          null,
          context.jobExecutionId,
          rows.map((row) => ({ row_id: row.id, reason: 'undated', payload: JSON.stringify(payloadOf(row)) })),
        ),
      );
      writeCount += rows.length;
    }
  }
  return { writeCount };
}

/** A row that has got its time since is an ordinary row of its date. */
async function releaseDated({ dialect }: Database, tx: Transaction): Promise<void> {
  const dated = await tx('settle_quarantine as q')
    .join(`${viewLog.table} as v`, 'v.id', 'q.row_id')
    .whereNull('q.business_date')
    .whereRaw(`NOT (${dialect.holdsNoTime('v.viewed_at')})`)
    .select('q.row_id');
  for (let at = 0; at < dated.length; at += rowsAQuery) {
    const ids = dated.slice(at, at + rowsAQuery).map(({ row_id }) => row_id);
    await tx('settle_quarantine').whereNull('business_date').whereIn('row_id', ids).delete();
  }
}

/** The same fields as ViewJudge writes for a row that it meets. */
function payloadOf(row: Record<string, string | number | null>): Record<string, string | number | null> {
  const text = (value: string | number | null) => (value === null ? null : String(value));
  return {
    video_id: text(row.video_id),
    viewer_id: text(row.viewer_id),
    viewed_at: null,
    play_seconds: row.play_seconds,
    ad_views: row.ad_views,
  };
}
