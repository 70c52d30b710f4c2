/**
 * Step `post-grants` of `settle ledger post`: a file of grants onto the ledger, one journal a line. Each line has its
 * key, so a grant that is there is passed over; a line that is no grant, or whose key means something else, is set aside
 * and can be replayed.
 */
import type { Database, Executor, Transaction } from '../../database/database.ts';
import type { JobParameters } from '../../engine/parameters.ts';
import type { SkippedRecord } from '../../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../engine/step.ts';
import { ExitCode, SettleError } from '../../errors.ts';
import { contentDigest } from '../../ledger/digest.ts';
import { findDigests } from '../../ledger/find-digests.ts';
import { postJournals } from '../../ledger/post-journals.ts';
import type { JournalRequest } from '../../ledger/types.ts';
import { BALANCE_BEYOND_63_BITS, LEDGER_KEY_CONFLICT } from '../../rules/ledger-journal.ts';
import { FILE_ROWS } from '../import/check-file.ts';
import { openGrantRows } from '../import/row-source.ts';
import { createTimeParser } from '../import/view-time.ts';
import { ROWS_DONE } from '../import/write-views.ts';
import { type GrantLine, parseGrant } from './grant-row.ts';

const CHUNK_LINES = 2_000;
/** The error of a line that is no grant. */
export const GRANT_REFUSED = 'GRANT_REFUSED';

export const postGrantsStep: ChunkStep = {
  kind: 'chunk',
  name: 'post-grants',
  chunkSize: CHUNK_LINES,
  async open({ database, parameters, executionContext, jobContext }) {
    let rowsDone = executionContext.getLong(ROWS_DONE) ?? 0n;
    const source = await openGrantRows(parameters);
    try {
      await source.skip(Number(rowsDone));
    } catch (error) {
      source.close();
      throw error;
    }
    const handlers: ChunkHandlers<ItemChunk<GrantLine>, readonly JournalRequest[]> = {
      faults: {
        // Met at writing: a key that somebody else posts meanwhile, points that no balance can hold.
        skip: { limit: Number.MAX_SAFE_INTEGER, on: [LEDGER_KEY_CONFLICT, BALANCE_BEYOND_63_BITS, 'data'] },
        describe: ({ items: [line] }) => describeLine(line),
      },
      async read(limit) {
        const items = await source.read(limit);
        rowsDone += BigInt(items?.length ?? 0);
        return items === undefined ? undefined : { items, size: items.length };
      },
      async process({ items, size }) {
        const { grants, skipped } = await sortLines(database.knex, items);
        const filterCount = size - grants.length - skipped.length;
        return { output: grants, writeCount: grants.length, filterCount, processSkipCount: skipped.length, skipped };
      },
      async write(grants, tx) {
        await postJournals({ database, tx }, grants);
      },
      saveState(state) {
        state.put(ROWS_DONE, rowsDone);
      },
      async close() {
        source.close();
      },
    };
    const fileRows = jobContext.getLong(FILE_ROWS);
    return {
      ...(handlers as ChunkHandlers),
      totalExpected: fileRows === undefined ? undefined : Number(fileRows),
    };
  },
  async replay({ payload }, { database, parameters }, tx) {
    await replayLine(database, tx, parameters, JSON.parse(payload));
  },
};

/** The grants that are not on the ledger yet, and the lines that cannot be posted; the rest is there already. */
async function sortLines(
  executor: Executor,
  lines: readonly GrantLine[],
): Promise<{ grants: readonly JournalRequest[]; skipped: readonly SkippedRecord[] }> {
  const keys = lines.flatMap(({ grant }) => ('problem' in grant ? [] : [grant.key]));
  const digests = await findDigests(executor, new Set(keys));
  const grants: JournalRequest[] = [];
  const skipped: SkippedRecord[] = [];
  for (const line of lines) {
    const { grant } = line;
    let problem: string | undefined;
    if ('problem' in grant) problem = `line ${line.line}: ${grant.problem}`;
    else {
      const digest = contentDigest(grant);
      const known = digests.get(grant.key);
      if (known === undefined) {
        digests.set(grant.key, digest);
        grants.push(grant);
      } else if (known !== digest) problem = `line ${line.line}: another journal has the key ${grant.key}`;
    }
    if (problem !== undefined) skipped.push({ phase: 'process', ...describeLine(line), error: problem });
  }
  return { grants, skipped };
}

async function replayLine(
  database: Database,
  tx: Transaction,
  parameters: JobParameters,
  fields: readonly string[],
): Promise<void> {
  const grant = parseGrant(fields, createTimeParser(parameters.get('zone')), parameters.require('day-zone'));
  if (!('problem' in grant)) await postJournals({ database, tx }, [grant]);
  else {
    throw new SettleError(GRANT_REFUSED, ExitCode.failed, grant.problem, {
      hint: 'post a file with the line as it should be',
    });
  }
}

/** The line of the file is what a person looks for. */
function describeLine({ line, fields }: GrantLine): { readonly key: string; readonly payload: string } {
  return { key: `line ${line}`, payload: JSON.stringify(fields) };
}
