import { expect, test } from 'vitest';
import { oneLine } from '../../../src/cli/errors.ts';

test.each([
  ['no such job', undefined, 'settle: no such job'],
  ['no such job', 'did you mean daily?', 'settle: no such job. Did you mean daily?'],
  ['line one\n  line two', '`settle jobs` lists\nthem', 'settle: line one line two. `settle jobs` lists them.'],
  ['unknown scheme', 'sqlite:PATH is one', 'settle: unknown scheme. sqlite:PATH is one.'],
])('%j and %j make one line', (message, hint, line) => expect(oneLine(message, hint)).toBe(line));
