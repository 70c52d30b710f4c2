/** The error of a view that lacks a value which its amount needs; `copy-views` passes over it. */

export class IncompleteView extends Error {
  override readonly name = 'IncompleteView';
  /** Kept with the skipped record. */
  readonly itemKey: string;

  constructor(id: bigint) {
    super(`view ${id} lacks its video, its play_seconds or its ad_views`);
    this.itemKey = String(id);
  }
}
