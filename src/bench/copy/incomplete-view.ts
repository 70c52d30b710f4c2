/** The error of a view that lacks a value which its amount needs; the copy passes over it. */
import type { Integer } from '../../database/values.ts';

export class IncompleteView extends Error {
  override readonly name = 'IncompleteView';
  /** Kept with the skipped record. */
  readonly itemKey: string;

  constructor(id: Integer) {
    super(`view ${id} lacks its video, its play_seconds or its ad_views`);
    this.itemKey = String(id);
  }
}
