/** Deposit products in the database. Stored revisions never change; the last one of a name is in force. */
import { createHash } from 'node:crypto';
import { bulkInsert } from '../../database/bulk-insert.ts';
import type { Database, Executor } from '../../database/database.ts';
import { toNumber } from '../../database/values.ts';
import { type Product, parseProduct, productText } from './rules/product.ts';

export interface StoredProduct {
  readonly product: Product;
  /** From 1. */
  readonly revision: number;
  /** SHA-256 of the canonical text, in hexadecimal. */
  readonly digest: string;
}

export interface ImportedProduct extends StoredProduct {
  /** False: the revision in force is the same. */
  readonly isNew: boolean;
}

/** The products in force, by name. */
export async function readProducts(executor: Executor): Promise<Map<string, StoredProduct>> {
  const rows: Record<string, unknown>[] = await executor('settle_deposit_product').orderBy(['name', 'revision']);
  return new Map(
    rows.map((row) => [
      String(row.name),
      {
        product: parseProduct(JSON.parse(String(row.body))),
        revision: toNumber(row.revision),
        digest: String(row.digest),
      },
    ]),
  );
}

/** All or none. A product that is as it was changes nothing. */
export async function importProducts(database: Database, products: readonly Product[]): Promise<ImportedProduct[]> {
  return await database.transaction(async (tx) => {
    const known = await readProducts(tx);
    const imported = products.map((product): ImportedProduct => {
      const digest = createHash('sha256').update(productText(product)).digest('hex');
      const current = known.get(product.name);
      if (current?.digest === digest) return { ...current, isNew: false };
      return { product, revision: (current?.revision ?? 0) + 1, digest, isNew: true };
    });
    const importedAt = await database.dialect.now(tx);
    // Two imports at once take the same revision, and one of them fails on the primary key.
    await bulkInsert(
      tx,
      database.dialect,
      { table: 'settle_deposit_product', columns: ['name', 'revision', 'digest', 'body', 'imported_at'] },
      imported
        .filter(({ isNew }) => isNew)
        .map(({ product, revision, digest }) => [product.name, revision, digest, productText(product), importedAt]),
    );
    return imported;
  });
}
