/** `settle outbox`: where deliveries are; dead letters, and their replay. */
import { count } from '../../../cli/arguments.ts';
import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { usageError } from '../../../errors.ts';

const LIMIT_DEFAULT = 1_000;
const DAY_MS = 86_400_000;

interface Flags extends GlobalFlags {
  readonly topic?: string;
  readonly limit: number;
  readonly days: number;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

export function registerOutbox({ program, withDatabase, withReadableDatabase, forOutput }: Cli): void {
  const outbox = program
    .command('outbox')
    .description('where deliveries are: waiting, in flight, dead, oldest, rate; or one of the commands below')
    .option('--json', 'print JSON')
    .addHelpText(
      'after',
      '\nExamples:\n  settle outbox\n  settle outbox dead --topic payout\n  settle outbox replay 42\n',
    )
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withDatabase(flags, async ({ database }) => {
        const { readOutboxState } = await import('../store/outbox-state.ts');
        const state = await readOutboxState(database);
        if (flags.json) return await printJson(state);
        const { formatPairs } = await import('../../../cli/output/table.ts');
        const { waiting, inFlight, retrying, heldBack, dead, oldestId, oldestAgeSeconds, ratePerSecond } = state;
        await print(
          formatPairs([
            ['waiting', `${waiting} (failed and tried again later: ${retrying}, behind one of those: ${heldBack})`],
            ['in flight', `${inFlight} at most, by ${state.relays} relays with ${state.lanesTaken} lanes`],
            ['dead', String(dead)],
            ['oldest', oldestId === null ? 'none waits' : `row ${oldestId}, ${oldestAgeSeconds} s ago`],
            ['rate', `${ratePerSecond} a second over the last minute`],
          ]),
        );
      });
    });
  forOutput(outbox);
  forOutput(
    outbox
      .command('dead')
      .description('list dead letters with their last answers')
      .option('--topic <topic>', 'of this topic only')
      .option('--limit <n>', 'at most so many, by row id', count('--limit'), LIMIT_DEFAULT)
      .option('--json', 'print a JSON array')
      .action(async (_own: unknown, command) => {
        const flags: Flags = command.optsWithGlobals();
        await withReadableDatabase(flags, async ({ database }) => {
          const { listDead } = await import('../store/outbox-state.ts');
          const dead = await listDead(database.knex, flags.topic, flags.limit);
          if (flags.json) return await printJson(dead.map((one) => ({ ...one, payload: jsonOf(one.payload) })));
          const { formatTable } = await import('../../../cli/output/table.ts');
          const columns = [{ header: 'id', align: 'right' as const }, { header: 'topic' }, { header: 'key' }];
          await print(
            formatTable(
              [...columns, { header: 'attempts', align: 'right' }, { header: 'last answer' }],
              dead.map(({ id, topic, key, attempts, answer }) => [String(id), topic, key, String(attempts), answer]),
            ),
          );
        });
      }),
  );
  outbox
    .command('replay')
    .description('let dead letters wait again, with all of their tries')
    .argument('[id]', 'row id of one dead letter')
    .option('--topic <topic>', 'all dead letters of this topic')
    .option('--json', 'print one JSON object')
    .action(async (idText: string | undefined, _own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { topic } = flags;
      if ((idText === undefined) === (topic === undefined))
        throw usageError('name one row, or --topic', '`settle outbox dead` lists dead letters');
      const which = topic === undefined ? { id: rowId(idText ?? '') } : { topic };
      await withDatabase(flags, async ({ database }) => {
        const { replayDead } = await import('../store/outbox-state.ts');
        const replayed = await replayDead(database, which);
        await (flags.json ? printJson({ replayed }) : print(`${replayed} dead letters wait again\n`));
      });
    });
  forOutput(
    outbox
      .command('show')
      .description('print one row with every attempt')
      .argument('<id>', 'row id')
      .option('--json', 'print one JSON object')
      .action(async (idText: string, _own: unknown, command) => {
        const flags: Flags = command.optsWithGlobals();
        const id = rowId(idText);
        await withReadableDatabase(flags, async ({ database }) => {
          const { readHistory } = await import('../store/outbox-state.ts');
          const found = await readHistory(database, id);
          if (flags.json) return await printJson({ ...found, payload: jsonOf(found.payload) });
          const { formatPairs, formatTable } = await import('../../../cli/output/table.ts');
          const { topic, key, payload, createdAt, state, nextAttemptAt, attempts } = found;
          const next = nextAttemptAt === null ? [] : [['next attempt', nextAttemptAt] as const];
          await print(
            formatPairs([
              ['id', String(id)],
              ['topic', topic],
              ['key', key],
              ['payload', payload],
              ['created', createdAt],
              ['state', state],
              ...next,
            ]),
          );
          if (attempts.length === 0) return;
          await print('\n');
          await print(
            formatTable(
              [{ header: 'attempt', align: 'right' }, { header: 'at' }, { header: 'outcome' }, { header: 'answer' }],
              attempts.map(({ attempt, at, outcome, answer }) => [String(attempt), at, outcome, answer]),
            ),
          );
        });
      }),
  );
  outbox
    .command('purge')
    .description('remove delivered rows and their attempts; what waits and what is dead is kept')
    .requiredOption('--days <n>', 'rows posted more than so many days ago', count('--days'))
    .option('--dry-run', 'say how many; change nothing')
    .option('--json', 'print one JSON object')
    .action(async (_own: unknown, command) => {
      const flags: Flags = command.optsWithGlobals();
      await withDatabase(flags, async ({ database }) => {
        const { purgeDelivered } = await import('../store/outbox-state.ts');
        const dryRun = flags.dryRun === true;
        const removed = await purgeDelivered(database, new Date(Date.now() - flags.days * DAY_MS), dryRun);
        if (flags.json) return await printJson({ dryRun, removed });
        await print(`${removed} delivered rows ${dryRun ? 'would be removed' : 'removed'}\n`);
      });
    });
}

function rowId(text: string): bigint {
  if (!/^\d{1,18}$/.test(text))
    throw usageError(`${JSON.stringify(text)} is no row id`, '`settle outbox dead` lists them');
  return BigInt(text);
}

function jsonOf(payload: string): unknown {
  try {
    return JSON.parse(payload);
  } catch {
    return payload;
  }
}

async function print(text: string): Promise<void> {
  await (await import('../../../cli/output/stdout.ts')).print(text);
}

async function printJson(value: unknown): Promise<void> {
  await print((await import('../../../cli/output/json.ts')).formatJson(value));
}
