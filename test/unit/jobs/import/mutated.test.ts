/**
 * Twenty thousand files (some hundreds, unless everything is asked for) that were good before something happened to
 * them: settle gives the rows that an oracle of its own finds in them, or a refusal, and nothing else.
 */
import { appendFileSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { parseParameters } from '../../../../src/engine/parse-parameters.ts';
import { isSettleError, type SettleError } from '../../../../src/errors.ts';
import { FILE_CHANGED } from '../../../../src/jobs/import/file-blocks.ts';
import { importJob } from '../../../../src/jobs/import/import-job.ts';
import { importParameters } from '../../../../src/jobs/import/import-parameters.ts';
import { openGrantRows, openProofRows, openVideoRows, openViewRows } from '../../../../src/jobs/import/row-source.ts';
import { ANY, type Expected, expectedOf, type FileKind, type ReadAs } from '../../../oracles/import-file.ts';
import { Dice, goodText, mutateBytes, mutatedFile } from '../../../support/mutated-files.ts';
import { isThorough } from '../../../support/thorough.ts';

const FILES = isThorough ? 19_000 : 600;
const CHANGED_FILES = isThorough ? 1_000 : 40;
/** Files per test, so that a failure names few. */
const GROUP = isThorough ? 1_000 : 100;
const ROWS_PER_READ = 3;

const folder = mkdtempSync(join(tmpdir(), 'settle-mutated-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Reading {
  readonly rows: readonly (readonly string[])[];
  /** Undefined: it came to the end. */
  readonly error: SettleError | undefined;
}

/** Reads as a run does; `between` is called after each part of the rows. */
async function readAs(path: string, as: ReadAs, between: (part: number) => void = () => {}): Promise<Reading> {
  const rows: string[][] = [];
  try {
    const { kind, encoding, allowsPartialLastLine: allowPartialLastLine } = as;
    const options = { file: path, encoding, allowPartialLastLine };
    const { parameters } = await importParameters(kind, options);
    const typed = parseParameters(importJob(kind), parameters);
    between(0);
    const source = await openers[kind](typed);
    try {
      for (let part = 1; ; part++) {
        const read = await source.read(ROWS_PER_READ);
        if (read === undefined) break;
        rows.push(...read.map((row) => valuesOf(kind, row as unknown as Row)));
        between(part);
      }
    } finally {
      source.close();
    }
    return { rows, error: undefined };
  } catch (error) {
    if (!isSettleError(error)) throw error;
    return { rows, error };
  }
}

type Row = Readonly<Record<string, unknown>>;

const openers = { views: openViewRows, videos: openVideoRows, proofs: openProofRows, grants: openGrantRows };

const fieldsOf: Readonly<Record<Exclude<FileKind, 'grants'>, readonly string[]>> = {
  views: ['id', 'videoId', 'viewerId', 'viewedAt', 'playSeconds', 'adViews'],
  videos: ['id', 'creatorId'],
  proofs: ['id', 'challengeId', 'userId', 'proofDate'],
};

function valuesOf(kind: FileKind, row: Row): string[] {
  if (kind === 'grants') return JSON.parse(String(row.payload));
  return fieldsOf[kind].map((name) => String(row[name] ?? null));
}

function same(row: readonly string[], expected: readonly string[]): boolean {
  return row.every((value, index) => expected[index] === ANY || value === expected[index]);
}

/** What is wrong with the reading; undefined: nothing. */
function problem({ rows, error }: Reading, expected: Expected): string | undefined {
  if (error !== undefined) {
    if (error.exitCode !== 2) return `exit code ${error.exitCode}`;
    return expected.mayRefuse ? undefined : `refused: ${error.message}`;
  }
  if (expected.isAmbiguous) return undefined;
  if (expected.rows === undefined) return `taken: ${JSON.stringify(rows)}`;
  const isRight = rows.length === expected.rows.length && rows.every((row, i) => same(row, expected.rows![i]));
  return isRight ? undefined : `${JSON.stringify(rows)} in place of ${JSON.stringify(expected.rows)}`;
}

const groups = Array.from({ length: Math.ceil(FILES / GROUP) }, (_, group) => group * GROUP);
const outcomes = { taken: 0, refused: 0 };

describe('files that were mutated', { timeout: 120_000 }, () => {
  test.each(groups)('number %i and those that follow', async (from) => {
    const path = join(folder, 'some.csv');
    const problems: string[] = [];
    for (let number = from; number < Math.min(from + GROUP, FILES); number++) {
      const { content, as } = mutatedFile(number);
      writeFileSync(path, content);
      const reading = await readAs(path, as);
      const wrong = problem(reading, expectedOf(content, as));
      outcomes[reading.error === undefined ? 'taken' : 'refused']++;
      if (wrong !== undefined) problems.push(`file ${number}, ${JSON.stringify(as)}: ${wrong}`);
    }
    expect(problems).toEqual([]);
  });

  test('a good part of them is taken, and a good part refused', () => {
    expect(outcomes.taken).toBeGreaterThan(FILES / 5);
    expect(outcomes.refused).toBeGreaterThan(FILES / 5);
  });
});

describe('files that change while they are read', { timeout: 120_000 }, () => {
  test('give rows of the file that was there at first, and reach the end only with all of them', async () => {
    const outcomes = { whole: 0, changed: 0 };
    for (let number = 0; number < CHANGED_FILES; number++) {
      const dice = new Dice(number * 104_729 + 7);
      const as: ReadAs = {
        kind: dice.of(['views', 'videos', 'proofs', 'grants']),
        encoding: 'utf-8',
        allowsPartialLastLine: true,
      };
      // Some are longer than what is read ahead.
      const isLong = dice.chance(0.3);
      const content = Buffer.from(goodText(dice, as, isLong ? 300 : 1 + dice.number(9), isLong ? 4_000 : 0));
      const path = join(folder, 'changing.csv');
      writeFileSync(path, content);
      const expected = expectedOf(content, as);
      const when = dice.number(isLong ? 60 : 4);
      const reading = await readAs(path, as, (part) => {
        if (part === when) change(dice, path, content);
      });
      const label = `file ${number}`;
      expect(expected.rows, label).toBeDefined();
      const handedOut = expected.rows!.slice(0, reading.rows.length);
      expect(reading.rows, label).toEqual(handedOut);
      if (reading.error === undefined) {
        expect(reading.rows, label).toHaveLength(expected.rows!.length);
        outcomes.whole++;
      } else {
        expect([FILE_CHANGED, 'USAGE'], `${label}: ${reading.error.message}`).toContain(reading.error.code);
        expect(reading.error.exitCode, label).toBe(2);
        outcomes.changed++;
      }
    }
    expect(outcomes.changed).toBeGreaterThan(CHANGED_FILES / 4);
  });
});

function change(dice: Dice, path: string, content: Buffer): void {
  switch (dice.number(4)) {
    case 0:
      truncateSync(path, dice.number(content.length));
      break;
    case 1:
      appendFileSync(path, content.subarray(dice.number(content.length)));
      break;
    case 2:
      writeFileSync(path, mutateBytes(dice, content));
      break;
    default:
      writeFileSync(`${path}.new`, mutateBytes(dice, content));
      renameSync(`${path}.new`, path);
  }
}
