/** No regular expression takes longer than in proportion to its text: text of others can be as long as they like. */
import { analyse } from 'scslre';
import { expect, test } from 'vitest';
import { oneLine } from '../../../src/cli/errors.ts';
import { hideCredentials } from '../../../src/errors.ts';
import { writtenRegExps } from '../../support/regexps.ts';

const { literals, made } = writtenRegExps();

/** What makes it slow: a quantifier that can begin anywhere, or two that share characters. */
function faults(regexp: RegExp): string[] {
  return analyse(regexp).reports.map(({ type, exponential }) => `${type}${exponential ? ', exponential' : ''}`);
}

test('the search finds them, and the analysis finds faults', () => {
  expect(literals.length).toBeGreaterThan(80);
  // As they were written once.
  expect(faults(/\s*[\r\n]+\s*/g)).not.toEqual([]);
  expect(faults(/^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i)).not.toEqual([]);
  expect(faults(/(\d+)\.(\d+)\./)).not.toEqual([]);
  expect(faults(/^(a+)+$/)).not.toEqual([]);
});

test('none is made out of texts', () => expect(made).toEqual([]));

test('each runs in linear time', () => {
  const slow = literals.flatMap(({ place, regexp }) => faults(regexp).map((fault) => `${place} ${regexp}: ${fault}`));
  expect(slow).toEqual([]);
});

test('a message of a million blanks is one line, and a thousand halves of a URL are looked through', () => {
  expect(oneLine(`a${' '.repeat(1_000_000)}\nb`)).toBe('settle: a b');
  const halves = '://u:p'.repeat(100_000);
  expect(hideCredentials(halves)).toBe(halves);
  expect(hideCredentials('to redis://:a/b@host and mysql://u@h:1/d')).toBe('to redis://***@host and mysql://u@h:1/d');
});
