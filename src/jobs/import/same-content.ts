/**
 * Content that was imported before under another name, or read in another way: another instance. Rows with keys are then
 * passed over; views without ids would be there twice.
 */
import type { Logger } from 'pino';
import type { Database } from '../../database/database.ts';
import { toNumber } from '../../database/values.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import { usageError } from '../../errors.ts';

/** The parameter that writes such rows again. */
export const ALLOW_REPEAT = 'allow-repeat';

export interface SameContent {
  readonly execution: number;
  readonly file: string;
}

/** The newest execution of another instance of this job that has written rows of a file with this digest. */
export async function findSameContent(
  { knex }: Database,
  digest: string,
  jobInstanceId: number,
): Promise<SameContent | undefined> {
  const row = await knex('BATCH_JOB_EXECUTION_PARAMS as p')
    .join('BATCH_JOB_EXECUTION as e', 'e.JOB_EXECUTION_ID', 'p.JOB_EXECUTION_ID')
    .join('BATCH_JOB_INSTANCE as i', 'i.JOB_INSTANCE_ID', 'e.JOB_INSTANCE_ID')
    .join('BATCH_STEP_EXECUTION as s', 's.JOB_EXECUTION_ID', 'e.JOB_EXECUTION_ID')
    .leftJoin('BATCH_JOB_EXECUTION_PARAMS as f', (join) => {
      join.on('f.JOB_EXECUTION_ID', 'e.JOB_EXECUTION_ID').andOnVal('f.PARAMETER_NAME', 'file');
    })
    .where({ 'p.PARAMETER_NAME': 'digest', 'p.PARAMETER_VALUE': digest })
    .where('i.JOB_NAME', knex('BATCH_JOB_INSTANCE').where({ JOB_INSTANCE_ID: jobInstanceId }).select('JOB_NAME'))
    .whereNot('e.JOB_INSTANCE_ID', jobInstanceId)
    .where('s.WRITE_COUNT', '>', 0)
    .orderBy('e.JOB_EXECUTION_ID', 'desc')
    .first({ execution: 'e.JOB_EXECUTION_ID', file: 'f.PARAMETER_VALUE' });
  return row === undefined ? undefined : { execution: toNumber(row.execution), file: String(row.file ?? '?') };
}

/** The execution that a refusal names, as it is stored; undefined for another reason. */
export function repeatedExecution(exitMessage: string): number | undefined {
  const found = / has the same content as execution (\d{1,15}) \(.*\), and no ids: /s.exec(exitMessage);
  return found === null ? undefined : Number(found[1]);
}

/** @throws SettleError (exit 2) where the rows would be there twice, unless that is asked for */
export function requireRepeatable(
  { execution, file }: SameContent,
  parameters: JobParameters,
  hasOwnKeys: boolean,
  logger: Logger,
): void {
  const same = `${parameters.require('file')} has the same content as execution ${execution} (${file})`;
  if (hasOwnKeys || parameters.get(ALLOW_REPEAT) === 'true') {
    logger.warn(same);
    return;
  }
  throw usageError(
    `${same}, and no ids: its rows would be there twice`,
    `\`settle show ${execution}\` shows that import; --allow-repeat writes them again`,
  );
}
