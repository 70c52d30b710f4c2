/** `settle skipped --json`: a record each, its payload as what it says. Pure. */
import type { SkippedView } from '../skipped-view.ts';

export function skippedRecords({ rows, records }: SkippedView): unknown[] {
  const quarantined = rows.map((row) => {
    return { ...row, businessDate: row.businessDate ?? null, payload: parsed(row.payload) };
  });
  const skipped = records.map(({ stepName: step, phase, key, payload, error: reason, skippedAt, replayedAt }) => {
    return { step, phase, key, reason, payload: parsed(payload), skippedAt, replayedAt: replayedAt ?? null };
  });
  return [...quarantined, ...skipped];
}

/** A payload that is JSON as what it says, so that nobody has to parse it a second time; any other text as it is. */
function parsed(payload: string): unknown {
  try {
    const value: unknown = JSON.parse(payload);
    // A number of more than 53 bits would not be the same any more.
    return JSON.stringify(value) === payload ? value : payload;
  } catch {
    return payload;
  }
}
