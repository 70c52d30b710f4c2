/** `settle skipped ID`: the records that an execution set aside, with reasons. */
import { count } from '../arguments.ts';
import type { GlobalFlags } from '../config.ts';
import type { Cli } from '../program.ts';

const LIMIT_DEFAULT = 1_000;

interface Flags extends GlobalFlags {
  readonly limit: number;
  readonly json?: boolean;
}

export function registerSkipped({ program }: Cli): void {
  program
    .command('skipped')
    .description('list the records that an execution set aside, with reasons')
    .argument('<id>', 'number of the execution, as `settle runs` lists it')
    .option('--limit <n>', 'at most so many, by row id', count('--limit'), LIMIT_DEFAULT)
    .option('--json', 'print a JSON array')
    .addHelpText('after', '\nExample:\n  settle skipped 42 --json\n')
    .action(async (idText: string, _own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { parseId } = await import('../arguments.ts');
      const id = parseId(idText);
      const { withDatabase } = await import('../context.ts');
      await withDatabase(flags, async ({ database }) => {
        const { requireExecution } = await import('../find-execution.ts');
        const { countQuarantine, readQuarantine, replacedBy } = await import('../../jobs/daily/read-quarantine.ts');
        const { print } = await import('../output/stdout.ts');
        const { formatTable } = await import('../output/table.ts');
        const { jobName } = await requireExecution(database, id);
        const { listJobParameters } = await import('../../repository/job-parameters.ts');
        const date = (await listJobParameters(database, id)).find(({ name }) => name === 'date')?.value;
        const later = jobName === 'daily' && date !== undefined ? await replacedBy(database, id, date) : undefined;
        const rows = await readQuarantine(database, id, { limit: flags.limit });
        const { countSkipped, listSkipped } = await import('../../repository/skipped.ts');
        const skips = await listSkipped(database.knex, id, { limit: Math.max(0, flags.limit - rows.length) });
        const shown = rows.length + skips.length;
        const total = (await countQuarantine(database, id)) + (await countSkipped(database.knex, id));
        if (flags.json) {
          const { formatJson } = await import('../output/json.ts');
          const quarantined = rows.map((row) => {
            return { ...row, businessDate: row.businessDate ?? null, payload: parsed(row.payload) };
          });
          const records = skips.map(({ stepName: step, phase, key, payload, error: reason, skippedAt, replayedAt }) => {
            return { step, phase, key, reason, payload: parsed(payload), skippedAt, replayedAt: replayedAt ?? null };
          });
          await print(formatJson([...quarantined, ...records]));
        } else {
          const columns = [
            { header: 'row', align: 'right' as const },
            { header: 'date' },
            { header: 'reason' },
            { header: 'record' },
          ];
          const cells = rows.map((row) => [String(row.rowId), row.businessDate ?? '-', row.reason, row.payload]);
          if (shown === 0 && later === undefined) await print('nothing was skipped\n');
          if (rows.length > 0) await print(formatTable(columns, cells));
          const headers = ['step', 'phase', 'key', 'reason', 'replayed', 'record'].map((header) => ({ header }));
          const lines = skips.map((skip) => {
            const replayed = skip.replayedAt?.toISOString() ?? '-';
            return [skip.stepName, skip.phase, skip.key, skip.error, replayed, skip.payload];
          });
          if (skips.length > 0) await print(formatTable(headers, lines));
        }
        if (later !== undefined) {
          const { tell } = await import('../errors.ts');
          tell(
            `execution ${later} computed ${date} again: the date's records are its own now, undated ones stay`,
            `\`settle skipped ${later}\` lists them`,
          );
        }
        if (shown < total) {
          const { tell } = await import('../errors.ts');
          tell(`${shown} of ${total} shown`, '--limit shows more');
        }
      });
    });
}

/** A payload that is JSON as what it says, so that nobody has to parse it a second time; any other text as it is. */
function parsed(payload: string): unknown {
  try {
    const value: unknown = JSON.parse(payload);
    // A number of more than 53 bits would not be the same any more.
    return JSON.stringify(value) === payload ? value : payload;
  } catch {
    return payload;
  }
}
