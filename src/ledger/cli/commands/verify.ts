/** `settle ledger verify`: replays the ledger from its first journal; exit 20 when something does not fit. */

import type { Cli } from '../../../cli/cli.ts';
import type { GlobalFlags } from '../../../cli/config.ts';
import { ExitCode, usageError } from '../../../errors.ts';
import type { ExpectedEnd } from '../../require-on-chain.ts';
import type { LedgerVerification } from '../../verify-ledger.ts';
import { ledgerGroup } from '../ledger-group.ts';

interface Flags extends GlobalFlags {
  readonly json?: boolean;
  readonly expect?: readonly string[];
  readonly anchors?: string;
  readonly publicKey?: string;
}

export function registerLedgerVerify(cli: Cli): void {
  const { exit, withDatabase } = cli;
  ledgerGroup(cli)
    .command('verify')
    .description('replay every journal: sums, lots, order, hash chain; exit 20 when something does not fit')
    .option('--expect <id:hash>', 'an end that the chain had once and must still contain; repeatable', collect)
    .option('--anchors <file>', 'a file of such ends, as SETTLE_LEDGER_ANCHORS has it written')
    .option(
      '--public-key <file>',
      'Ed25519 public key (PEM): every line of the file must be signed with its other half',
    )
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nA rewritten or shortened ledger fits itself; only ends that were kept elsewhere show it.\n' +
        '\nExamples:\n  settle ledger verify\n  settle ledger verify --anchors heads.jsonl --public-key settle.pub\n',
    )
    .action(async (_own, command) => {
      const flags: Flags = command.optsWithGlobals();
      const { expected, problem } = await readExpected(flags);
      await withDatabase(flags, async ({ database, logger }) => {
        const { verifyLedger } = await import('../../verify-ledger.ts');
        const { print } = await import('../../../cli/output/stdout.ts');
        const found = await verifyLedger(database, {
          expected,
          onPage: (done, total) => logger.debug({ journals: Number(done), of: Number(total) }, 'ledger replayed'),
        });
        const { noteVerification } = await import('../../last-verification.ts');
        await note(() => noteVerification(database, found, { knewEnds: expected.length > 0 }));
        const result = found.sound && problem !== undefined ? { ...found, sound: false, violation: problem } : found;
        const { describeViolation } = await import('../../describe-violation.ts');
        const { violation } = result;
        const details = violation === undefined ? undefined : await describeViolation(database.knex, violation.place);
        if (flags.json) {
          const { formatJson } = await import('../../../cli/output/json.ts');
          const { violation, ...rest } = result;
          // `misfit` is what 0.1.0 named it.
          await print(formatJson({ ...rest, violation, misfit: violation, details }));
        } else {
          const { formatCount } = await import('../../../cli/output/format.ts');
          const counts = `${formatCount(result.journals)} journals, ${formatCount(result.entries)} entries`;
          const { visibleLine } = await import('../../../rules/visible-text.ts');
          const words = (details?.words ?? []).map((line) => `  ${visibleLine(line)}\n`).join('');
          await print(
            violation === undefined
              ? `ledger: sound, ${counts}${expected.length > 0 ? `, all ${expected.length} known ends on its chain` : ''}\n`
              : `ledger: ${brokenHeadline(result)}${counts}\n  ${visibleLine(`${violation.place}: ${violation.problem}`)}\n${words}`,
          );
        }
        if (!found.sound) await tellBroken(found);
        if (!result.sound) exit(ExitCode.invariantBroken);
      });
    });
}

function brokenHeadline({ contradictsEnds }: LedgerVerification): string {
  if (contradictsEnds === 'mistyped') return '--expect is MISTYPED; the ledger fits itself: ';
  return contradictsEnds === undefined ? 'BROKEN after ' : 'BROKEN: it fits itself, and not what is known of it: ';
}

async function tellBroken({ contradictsEnds }: LedgerVerification): Promise<void> {
  const { tell } = await import('../../../cli/errors.ts');
  if (contradictsEnds === 'mistyped') {
    tell('nothing was noted of the ledger', 'verify it again with --expect as it was kept, or without it');
    return;
  }
  const { brokenAdvice } = await import('../../last-verification.ts');
  tell('jobs that move money do not run on this ledger', brokenAdvice({ against: contradictsEnds }));
}

/** Who may only read verifies as well; the result is then not kept. */
async function note(write: () => Promise<boolean>): Promise<void> {
  const { tell } = await import('../../../cli/errors.ts');
  try {
    if (await write()) return;
    tell(
      'the ledger fits itself, and is still known to contradict ends that were kept elsewhere',
      'verify it with --anchors FILE or --expect ID:HASH to clear that',
    );
  } catch (error) {
    const { toSettleError } = await import('../../../database/errors.ts');
    tell(`the result could not be noted in settle_ledger_verification: ${toSettleError(error).message}`);
  }
}

function collect(value: string, before: readonly string[] = []): readonly string[] {
  return [...before, value];
}

/** What the chain must contain, and what is wrong with the file of anchors itself. @throws SettleError (exit 2) */
async function readExpected({ expect = [], anchors: file, publicKey }: Flags) {
  const { parseChainEnd } = await import('../../rules/anchor.ts');
  const expected: ExpectedEnd[] = expect.map((text) => ({
    ...parseChainEnd(text),
    source: '--expect',
    isTyped: true,
  }));
  if (file === undefined) {
    if (publicKey !== undefined) throw usageError('--public-key is for the lines of --anchors FILE');
    return { expected, problem: undefined };
  }
  const { readAnchors } = await import('../../anchor-file.ts');
  const { anchors, unreadable, forged } = readAnchors(file, publicKey);
  for (const anchor of anchors) expected.push({ ...anchor, source: `line ${anchor.line} of the anchors` });
  const [line] = forged;
  const problem =
    line === undefined
      ? undefined
      : { place: `line ${line} of the anchors`, problem: 'it has no signature of this key: somebody else wrote it' };
  if (unreadable.length > 0) {
    const { tell } = await import('../../../cli/errors.ts');
    tell(
      `${unreadable.length} lines of ${file} are no anchors and were passed over, the first is line ${unreadable[0]}`,
    );
  }
  return { expected, problem };
}
