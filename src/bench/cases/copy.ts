/** Case `copy`: read a row, make another one of it, write that: a million times and more. */
import type { Database } from '../../database/database.ts';
import { toBigInt, toNumber } from '../../database/values.ts';
import type { BenchCase } from '../case.ts';
import { nestBatchCopy } from '../contenders/nest-batch.ts';
import { COPY_TABLE, settleCopy } from '../contenders/settle-copy.ts';
import { springBatch } from '../contenders/spring-batch.ts';
import { EVENT_LOOP_FIGURE } from '../settle-run.ts';

const ROWS_MAX = 2_000_000;
/** As the peer's README has it, and the one that suits it best. */
const SPRING_CHUNKS = [5_000, 20_000];
const NEST_CHUNK = 5_000;

/** By what a copy is known to be right. */
interface CopyTotals {
  readonly rows: number;
  readonly amount: bigint;
}

export const copyCase: BenchCase = {
  name: 'copy',
  title: 'One row in, one row out',
  description:
    'The first rows of the log (two million at most), each read, turned into an amount and inserted, with a checkpoint ' +
    'every chunk. Seconds are those of the job without the start of its process; the table is emptied before.',
  ratios: [
    { name: 'spring', of: 'settle-2', against: 'spring-copy-20000', target: 1.1 },
    { name: 'spring-5000', of: 'settle-2', against: 'spring-copy-5000', target: 1.1 },
    { name: 'nest', of: 'settle-1', against: 'nest-batch', target: 2.5 },
    { name: 'workers', of: 'settle-2', against: 'settle-1' },
    { name: 'by-hand', of: 'settle-2', against: 'settle-2-by-hand', target: 0.95 },
  ],
  figures: [EVENT_LOOP_FIGURE],
  async contenders(context) {
    const { database } = context;
    const rows = Math.min(context.spec.rows, ROWS_MAX);
    const lastId = BigInt(rows);
    const expected = await expectedTotals(database, lastId);
    const checking = (table: string) => async () => {
      const { rows: written, amount } = await copiedTotals(database, table);
      if (written === expected.rows && amount === expected.amount) return undefined;
      return `${written} rows with the amount ${amount}, instead of ${expected.rows} with ${expected.amount}`;
    };
    const settle = { rows, lastId, check: checking(COPY_TABLE) };
    return [
      ...[1, 2, 4].map((workers) => settleCopy(context, { ...settle, workers, program: 'copy-views' })),
      settleCopy(context, { ...settle, workers: 2, program: 'by-hand' }),
      ...SPRING_CHUNKS.map((chunk) =>
        springBatch(context, {
          name: `spring-copy-${chunk}`,
          label: `Spring Batch, chunk ${chunk.toLocaleString('en-US')}`,
          mode: 'copy',
          arguments: ['--rows', String(rows), '--chunk', String(chunk)],
          rowsExpected: rows,
          check: checking('peer_copy'),
        }),
      ),
      nestBatchCopy(context, { rows, chunk: NEST_CHUNK, check: checking('peer_copy_nest') }),
    ];
  },
};

/** Tens of seconds and ten an ad: computed by sums, which every dialect does alike, not by division. */
async function expectedTotals({ knex }: Database, lastId: bigint): Promise<CopyTotals> {
  const row: Record<string, unknown> | undefined = await knex('view_log')
    .where('id', '<=', String(lastId))
    .count({ rows: '*' })
    .sum({ ads: 'ad_views', rest: knex.raw('play_seconds % 10'), seconds: 'play_seconds' })
    .first();
  const sum = (name: string) => toBigInt(row?.[name] ?? 0);
  return { rows: toNumber(row?.rows ?? 0), amount: (sum('seconds') - sum('rest')) / 10n + sum('ads') * 10n };
}

async function copiedTotals({ knex }: Database, table: string): Promise<CopyTotals> {
  const row = await knex(table).count({ rows: '*' }).sum({ amount: 'amount' }).first();
  return { rows: toNumber(row?.rows ?? 0), amount: toBigInt(row?.amount ?? 0) };
}
