/**
 * The copy of `settle bench`: an amount for each view, row in, row out, as a user of the library writes it. It has no part in
 * the platform's nights. by-hand.ts is the same without `defineJob`.
 */
import {
  defineJob,
  type Integer,
  idRanges,
  long,
  main,
  optional,
  step,
  tableReader,
  tableWriter,
} from '../../index.ts';
import { IncompleteView } from './incomplete-view.ts';
import { amountOf, type View, type ViewAmount, viewAmountTarget, viewColumns, viewOf } from './view-amount.ts';

const parameters = { 'from-id': optional(long()), 'to-id': optional(long()) };
const bound = (text: string | undefined) => (text === undefined ? undefined : BigInt(text));

export const copyViews = defineJob('copy-views', parameters, [
  step<unknown, View, ViewAmount, { from: bigint; to: bigint }>('copy-views', {
    partitions: idRanges({
      table: 'view_log',
      key: 'id',
      within: (given) => ({ from: bound(given.get('from-id')), to: bound(given.get('to-id')) }),
      idsMin: 100_000n,
    }),
    stealing: { rowsMin: 100_000 },
    read: ({ database, partition }) =>
      tableReader(database, {
        ...{ table: 'view_log', key: 'id', columns: viewColumns, itemOf: viewOf, ...partition },
        keyOf: ({ id }): Integer => id,
      }),
    process: amountOf,
    write: ({ database }) =>
      tableWriter(database, viewAmountTarget, ({ id, videoId, amount }) => [id, videoId, amount]),
    chunkSize: 20_000,
    skip: { limit: 1_000, on: [IncompleteView, 'data'] },
    keyOf: ({ id }) => id,
  }),
]);

if (import.meta.main) await main(copyViews);
