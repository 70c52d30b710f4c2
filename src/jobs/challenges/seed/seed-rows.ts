/** Step `seed-rows`: challenges with their members, proofs and escrow accounts, made in worker threads. */
import { toNumber } from '../../../database/values.ts';
import type { PartitionedStep } from '../../../engine/step.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { workerModule } from '../../../partition/worker-module.ts';
import { challengeSeedOptions } from './parameters.ts';

/** Challenges of one transaction. */
const CHUNK_CHALLENGES = 5_000;
const PARTITIONS_PER_WORKER = 4;

export const seedRowsStep: PartitionedStep = {
  kind: 'partitioned',
  name: 'seed-rows',
  chunkSize: CHUNK_CHALLENGES,
  workerModule: workerModule('seed-rows-worker', import.meta.url),
  async plan({ database: { knex }, parameters, options }, partitionCount) {
    const { challenges } = challengeSeedOptions(parameters);
    const head = await knex('settle_ledger_head').first('last_journal_id');
    if (toNumber(head.last_journal_id) > 0 || (await knex('challenge').first('id')) !== undefined) {
      throw new SettleError(
        'SEED_NOT_EMPTY',
        ExitCode.usage,
        'there are challenges, or points on the ledger, already',
        {
          hint: 'seed challenges into a database that has neither',
        },
      );
    }
    const useful = Math.ceil(challenges / CHUNK_CHALLENGES);
    const count = Math.min(partitionCount ?? Math.min(options.workers * PARTITIONS_PER_WORKER, useful), challenges);
    // Keys are places of challenges, from 0.
    const partitions = Array.from({ length: count }, (_, i) => {
      const first = Math.floor((challenges * i) / count);
      const end = Math.floor((challenges * (i + 1)) / count);
      return { minId: BigInt(first), maxId: BigInt(end - 1), rowsExpected: end - first };
    });
    return { partitions, detail: null };
  },
};
