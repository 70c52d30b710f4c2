/** The pages of a ledger one after another, read where they are asked for: the plain way, for ledgers that are small. */
import type { RowReader } from '../database/row-reader.ts';
import { PageReader, type ReadPage } from './page-reader.ts';

/** Pages from journal 1 to `lastId`, in order; each is valid until the next is asked for. */
export async function* readPages(reader: RowReader, lastId: bigint, isChecked = true): AsyncGenerator<ReadPage> {
  const pages = new PageReader(reader);
  for (let from = 1n; from <= lastId; ) {
    const read = await pages.read(from, lastId, isChecked);
    yield read;
    from = read.end;
  }
}
