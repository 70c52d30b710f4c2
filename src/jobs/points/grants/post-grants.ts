/**
 * Step `post-grants` of `settle ledger post`: a file of grants onto the ledger, one journal a line. Each line has its
 * key, so a grant that is there is passed over; a line that is no grant, or whose key means something else, is set aside
 * and can be replayed.
 */
import type { Database, Executor, Transaction } from '../../../database/database.ts';
import type { JobParameters } from '../../../engine/parameters.ts';
import type { SkippedRecord } from '../../../engine/skip-policy.ts';
import type { ChunkHandlers, ChunkStep, ItemChunk } from '../../../engine/step.ts';
import { ExitCode, SettleError } from '../../../errors.ts';
import { contentDigest } from '../../../ledger/digest.ts';
import { findDigests } from '../../../ledger/find-digests.ts';
import { postJournals } from '../../../ledger/post-journals.ts';
import { LEDGER_JOURNAL_UNSOUND, LEDGER_KEY_CONFLICT, refusalCodes } from '../../../ledger/rules/journal.ts';
import type { JournalRequest } from '../../../ledger/types.ts';
import { type FileLine, isProblem, readAgain } from '../../import/file-line.ts';
import { FileRows, rowsExpected } from '../../import/file-rows.ts';
import { readingOf } from '../../import/reading.ts';
import { grantFields, openGrantRows } from '../../import/row-source.ts';

type GrantLine = FileLine<JournalRequest>;

const CHUNK_LINES = 2_000;
/** The error of a line that is no grant. */
export const GRANT_REFUSED = 'GRANT_REFUSED';
const refusedByLedger = [LEDGER_KEY_CONFLICT, LEDGER_JOURNAL_UNSOUND, ...refusalCodes];

export const postGrantsStep: ChunkStep = {
  kind: 'chunk',
  name: 'post-grants',
  chunkSize: CHUNK_LINES,
  async open(context) {
    const { database } = context;
    const rows = await FileRows.open(context, openGrantRows);
    const handlers: ChunkHandlers<ItemChunk<GrantLine>, readonly JournalRequest[]> = {
      faults: {
        // Met at writing: a key that somebody else posts meanwhile, points that no balance can hold.
        skip: { limit: Number.MAX_SAFE_INTEGER, on: [...refusedByLedger, 'data'] },
        describe: ({ items: [{ key, payload }] }) => ({ key, payload }),
      },
      read: (limit) => rows.readChunk(limit),
      async process({ items, size }) {
        const { grants, skipped } = await sortLines(database.knex, items);
        const filterCount = size - grants.length - skipped.length;
        return { output: grants, writeCount: grants.length, filterCount, processSkipCount: skipped.length, skipped };
      },
      async write(grants, tx) {
        await postJournals({ database, tx }, grants);
      },
      saveState: (state) => rows.saveState(state),
      close: async () => rows.close(),
    };
    return { ...handlers, totalExpected: rowsExpected(context) };
  },
  async replay({ payload }, { database, parameters }, tx) {
    await replayLine(database, tx, parameters, payload);
  },
};

/** The grants that are not on the ledger yet, and the lines that cannot be posted; the rest is there already. */
async function sortLines(
  executor: Executor,
  lines: readonly GrantLine[],
): Promise<{ grants: readonly JournalRequest[]; skipped: readonly SkippedRecord[] }> {
  const keys = lines.flatMap(({ content }) => (isProblem(content) ? [] : [content.key]));
  const digests = await findDigests(executor, new Set(keys));
  const grants: JournalRequest[] = [];
  const skipped: SkippedRecord[] = [];
  for (const { line, key, payload, content } of lines) {
    let problem: string | undefined;
    if (isProblem(content)) problem = content.problem;
    else {
      const digest = contentDigest(content);
      const known = digests.get(content.key);
      if (known === undefined) {
        digests.set(content.key, digest);
        grants.push(content);
      } else if (known !== digest) problem = `another journal has the key ${content.key}`;
    }
    if (problem !== undefined) skipped.push({ phase: 'process', key, payload, error: `line ${line}: ${problem}` });
  }
  return { grants, skipped };
}

async function replayLine(
  database: Database,
  tx: Transaction,
  parameters: JobParameters,
  payload: string,
): Promise<void> {
  const { columns, parse } = grantFields(parameters);
  const grant = readAgain(payload, columns, readingOf(parameters), parse);
  if (!isProblem(grant)) await postJournals({ database, tx }, [grant]);
  else {
    throw new SettleError(GRANT_REFUSED, ExitCode.failed, grant.problem, {
      hint: 'post a file with the line as it should be',
    });
  }
}
