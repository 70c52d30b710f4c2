import type { GlobalFlags } from '../../cli/config.ts';

/** Options of `settle bench`, as commander gives them. */
export interface BenchFlags extends GlobalFlags {
  readonly rows?: number;
  readonly date: string;
  readonly zone?: string;
  readonly shape: string;
  readonly videos?: number;
  readonly disorder: number;
  readonly rounds?: number;
  readonly roundsSlow: number;
  readonly contenders?: string;
  readonly peers?: string;
  readonly ci?: boolean;
  readonly floor?: Readonly<Record<string, number>>;
  readonly remake?: boolean;
  readonly adopt?: boolean;
  readonly from?: readonly string[];
  readonly list?: boolean;
  readonly json?: boolean;
  readonly html?: string;
  readonly markdown?: string;
}
