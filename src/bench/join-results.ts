/** Reads results that were printed earlier and joins several into one: a case run in parts becomes one case. Pure. */
import { type BenchResult, type CaseResult, type ContenderResult, FORMAT_VERSION } from './result.ts';

/** @throws Error when the text is no result of this format */
export function parseResult(text: string): BenchResult {
  const result = JSON.parse(text) as BenchResult;
  if (result?.formatVersion !== FORMAT_VERSION || !Array.isArray(result.cases)) {
    throw new Error(`no result of format ${FORMAT_VERSION}`);
  }
  return result;
}

/** Cases of the same name and conditions become one, with the attempts of all; the machine is that of the first. */
export function joinResults(results: readonly BenchResult[]): BenchResult {
  const cases: CaseResult[] = [];
  for (const one of results.flatMap((result) => result.cases)) {
    const at = cases.findIndex(({ name, conditions }) => name === one.name && conditions === one.conditions);
    if (at < 0) cases.push(one);
    else cases[at] = { ...cases[at], contenders: joinContenders(cases[at].contenders, one.contenders) };
  }
  const notMeasured = [...new Set(results.flatMap((result) => result.notMeasured))];
  return { ...results[0], notMeasured, cases };
}

function joinContenders(a: readonly ContenderResult[], b: readonly ContenderResult[]): ContenderResult[] {
  const joined = a.map((one) => {
    const other = b.find(({ name }) => name === one.name);
    if (other === undefined) return one;
    const attempts = [...one.attempts, ...other.attempts];
    // Who ran in one of the parts is not missing.
    const { missing, ...rest } = one;
    return attempts.length > 0 || missing === undefined ? { ...rest, attempts } : one;
  });
  return [...joined, ...b.filter(({ name }) => !a.some((one) => one.name === name))];
}
