/** The options of `settle copy-table`. */
import type { GlobalFlags } from './config.ts';

export interface CopyFlags extends GlobalFlags {
  readonly from: string;
  readonly to?: string;
  readonly table: string;
  readonly into?: string;
  readonly map?: Readonly<Record<string, string>>;
  readonly where?: string;
  readonly verify?: boolean;
  readonly snapshot?: boolean;
  readonly workers?: number;
  readonly partitions?: number;
  readonly json?: boolean;
}
