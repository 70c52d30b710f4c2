/**
 * The tables of other programs that an instance reads under names of ours. They are frozen with it, as its plans are: what
 * was computed from one table is not continued from another.
 */
import type { Transaction } from '../database/database.ts';
import { ExitCode, SettleError } from '../errors.ts';
import { describeChange } from '../mapping/mapping.ts';
import { holdMappings } from '../repository/mapping.ts';
import type { JobExecution } from '../repository/types.ts';
import type { ExecutionContext } from './execution-context.ts';

/** Key in the job's context: JSON, the mapping of each mapped name. Absent: nothing is mapped. */
const KEY = 'mappings';

/**
 * Notes in the context of an instance that starts what is mapped; of one that goes on, makes sure of it.
 * @param last the instance's last execution, whose context it is
 * @throws SettleError MAPPING_CHANGED (exit 2), or MAPPING_PENDING (exit 10) while `settle migrate` is at it
 */
export async function requireSameMappings(
  tx: Transaction,
  context: ExecutionContext,
  last: Pick<JobExecution, 'id' | 'jobName'> | undefined,
): Promise<void> {
  const rows = await holdMappings(tx);
  const half = rows.find(({ isReady }) => !isReady);
  if (half !== undefined) {
    const problem = `the mapping of ${half.table} is being changed, or was left half changed`;
    throw new SettleError('MAPPING_PENDING', ExitCode.schemaOutdated, problem, { hint: 'run `settle migrate`' });
  }
  const now = new Map(rows.map(({ table, text }) => [table, text]));
  if (last === undefined) {
    if (rows.length > 0) context.put(KEY, JSON.stringify(Object.fromEntries(now)));
    return;
  }
  const frozen = new Map<string, string>(Object.entries(JSON.parse(context.getString(KEY) ?? '{}')));
  const changes = [...new Set([...frozen.keys(), ...now.keys()])]
    .map((table) => describeChange(table, frozen.get(table), now.get(table)))
    .filter((text) => text !== '');
  if (changes.length === 0) return;
  throw new SettleError(
    'MAPPING_CHANGED',
    ExitCode.usage,
    `execution ${last.id} (${last.jobName}) read other tables: ${changes.join('; ')}`,
    {
      hint: `put the former mapping back and run \`settle migrate\`, or give it up: \`settle abandon ${last.id} --reason ...\`, then start the job with --rerun`,
    },
  );
}
