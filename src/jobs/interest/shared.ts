/** What all workers of a run know, read when it has the claim: nobody else writes interest until it gives that back. */
import type { Product } from './rules/product.ts';

export interface SharedInterest {
  readonly products: ReadonlyMap<string, Product>;
  /** Dates whose accrual has begun, the run's own date included only where an earlier execution has begun it; in order. */
  readonly begun: readonly { readonly date: string; readonly jobExecutionId: number }[];
}
