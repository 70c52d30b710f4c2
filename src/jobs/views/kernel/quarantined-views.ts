/** Rows that the kernel set aside, out of its memory: struct quarantined of kernel.c. */
import { type QuarantineReason, quarantineReasons } from '../rules/verdict.ts';

export interface QuarantinedView {
  readonly id: bigint;
  readonly reason: QuarantineReason;
  /** The row as it was read; null for NULL; 64-bit numbers as text. */
  readonly payload: Record<string, string | number | null>;
}

/** What stands where a NULL is because the column cannot hold it; undefined for a real NULL. */
export type KeptText = (row: number, column: number) => string | undefined;

const recordBytes = 64;
/** Where the fields of a record lie. */
const fields = { playSeconds: 24, adViews: 32, viewedAt: 40, nulls: 48, unreadable: 52, reason: 56, position: 60 };
const viewerColumn = 2;
const playSecondsColumn = 4;
const adViewsColumn = 5;

/** A reason for a value that is missing is another one when there is a text of it. */
const ofKept: Partial<Record<QuarantineReason, readonly [column: number, reason: QuarantineReason]>> = {
  'missing-viewer': [viewerColumn, 'unreadable-viewer'],
  'missing-play-seconds': [playSecondsColumn, 'unreadable-play-seconds'],
  'missing-ad-views': [adViewsColumn, 'unreadable-ad-views'],
};

/**
 * Reads `count` records that begin at `at`.
 * @param isUnsigned by column, of integers of 8 bytes
 * @param firstRow what the records' positions count from; handed to `keptText` with them
 */
export function readQuarantined(
  memory: ArrayBuffer,
  at: number,
  count: number,
  isUnsigned: readonly boolean[],
  firstRow: number,
  keptText: KeptText | undefined,
): QuarantinedView[] {
  return Array.from({ length: count }, (_, i) =>
    readRecord(new DataView(memory, at + i * recordBytes, recordBytes), isUnsigned, firstRow, keptText),
  );
}

function readRecord(
  record: DataView,
  isUnsigned: readonly boolean[],
  firstRow: number,
  keptText: KeptText | undefined,
): QuarantinedView {
  const nulls = record.getUint32(fields.nulls, true);
  const unreadable = record.getUint32(fields.unreadable, true);
  const row = firstRow + record.getUint32(fields.position, true);
  const signed = (field: number) => record.getBigInt64(field, true);
  /** The value; else its text; else null. */
  const valueIn = <T>(column: number, field: number, value: () => T): T | string | null => {
    if ((unreadable & (1 << column)) !== 0) {
      return (isUnsigned[column] ? record.getBigUint64(field, true) : signed(field)).toString();
    }
    return (nulls & (1 << column)) === 0 ? value() : (keptText?.(row, column) ?? null);
  };
  const id64 = (column: number) => valueIn(column, 8 * column, () => signed(8 * column).toString());
  const amount = (column: number, field: number) => valueIn(column, field, () => Number(signed(field)));
  const reason = quarantineReasons[record.getUint32(fields.reason, true)];
  const kept = ofKept[reason];
  return {
    id: signed(0),
    reason: kept !== undefined && keptText?.(row, kept[0]) !== undefined ? kept[1] : reason,
    payload: {
      video_id: id64(1),
      viewer_id: id64(viewerColumn),
      viewed_at: (nulls & (1 << 3)) === 0 ? new Date(Number(signed(fields.viewedAt))).toISOString() : null,
      play_seconds: amount(playSecondsColumn, fields.playSeconds),
      ad_views: amount(adViewsColumn, fields.adViews),
    },
  };
}
