/** A digest of everything that an account's results through a date follow from: equal digests, equal results. */
import { createHash } from 'node:crypto';
import type { ColumnBatch } from '../../database/column-batch.ts';
import { entryColumns } from './read-accounts.ts';
import type { AccountTerms } from './rules/accrual.ts';
import { type Product, productText } from './rules/product.ts';

/** Digests of products through each of their rates, which most accounts have in common. */
const productDigests = new WeakMap<Product, string[]>();

/**
 * SHA-256 in hexadecimal.
 * @param from first row of the account in `entries`
 * @param to the row after its last one with a value date of at most `through`
 * @param through days since 1970-01-01
 */
export function inputDigest(
  terms: AccountTerms,
  entries: ColumnBatch,
  from: number,
  to: number,
  through: number,
): string {
  const { openedOn, closedOn, product } = terms;
  // That it is to be closed later has no bearing on these dates.
  const closing = closedOn !== null && closedOn <= through + 1 ? closedOn : '';
  const hash = createHash('sha256').update(`${openedOn}|${closing}|${productDigest(product, through)}|${to - from}|`);
  if (to > from) {
    const { valueDate, id, amount } = entryColumns;
    for (const values of [entries.doubles(valueDate), entries.int64(id).values, entries.int64(amount).values]) {
      hash.update(new Uint8Array(values.buffer, values.byteOffset + from * 8, (to - from) * 8));
    }
  }
  return hash.digest('hex');
}

/** Of the product with the rates that come into force by the day. */
function productDigest(product: Product, through: number): string {
  const count = product.rates.filter((rates) => rates.from <= through).length;
  let digests = productDigests.get(product);
  if (digests === undefined) {
    digests = [];
    productDigests.set(product, digests);
  }
  digests[count] ??= createHash('sha256')
    .update(productText({ ...product, rates: product.rates.slice(0, count) }))
    .digest('hex');
  return digests[count];
}
