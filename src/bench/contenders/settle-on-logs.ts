/** settle's daily run on several logs: how its cost depends on what is in them. */

import type { CaseContext, Contender } from '../case.ts';
import type { DataSpec } from '../data-spec.ts';
import { logTotals } from '../date-totals.ts';
import { settleDaily } from './settle-daily.ts';

export interface LogVariant {
  /** The contender becomes `settle-NAME`; the log lies beside the main database under this name. */
  readonly name: string;
  readonly label: string;
  /** What is different from the log that was asked for; nothing: the main database itself. */
  readonly change?: Partial<DataSpec>;
  /** Default 2. */
  readonly workers?: number;
}

/** One contender a variant. Logs that do not exist yet are made here, one after the other. */
export async function settleOnLogs(context: CaseContext, variants: readonly LogVariant[]): Promise<Contender[]> {
  const contenders: Contender[] = [];
  for (const { name, label, change, workers = 2 } of variants) {
    const spec = { ...context.spec, ...change };
    const database = change === undefined ? context.database : (await context.openData(name, spec)).database;
    const totals = await logTotals(database, spec);
    contenders.push(settleDaily(context, { database, spec, totals, name: `settle-${name}`, label, workers }));
  }
  return contenders;
}
