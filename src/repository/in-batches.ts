/** Asks for the rows of many ids, some ids a statement: MariaDB reads whole tables for lists of 1,000 values and more. */
const IDS_A_QUERY = 500;

/** The rows of all batches, batch after batch. */
export async function inBatches<T>(
  ids: readonly number[],
  select: (ids: readonly number[]) => PromiseLike<T[]>,
): Promise<T[]> {
  const rows: T[] = [];
  for (let from = 0; from < ids.length; from += IDS_A_QUERY) {
    rows.push(...(await select(ids.slice(from, from + IDS_A_QUERY))));
  }
  return rows;
}
