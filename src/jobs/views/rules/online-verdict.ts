/**
 * What a view that is posted is told at once (domain.md section 13). The nightly verdict (verdict.ts) decides for good.
 * Pure.
 */

/**
 * `counted` and `repeat`: as the 30 s rule has it now; `self`: by the video's creator; `invalid`: not taken, with a
 * reason; `unchecked`: taken, while Redis did not answer.
 */
export const onlineVerdicts = ['counted', 'repeat', 'self', 'unchecked', 'invalid'] as const;
export type OnlineVerdict = (typeof onlineVerdicts)[number];

/** A letter a view, in the order of its batch. What is wrong with an invalid view is in the view itself, an unknown video aside. */
const LETTERS = { counted: 'c', repeat: 'r', self: 's', unchecked: 'u', invalid: 'i' } as const;
export const UNKNOWN_VIDEO = 'v';
const VERDICTS: ReadonlyMap<string, OnlineVerdict> = new Map([
  ...onlineVerdicts.map((verdict) => [LETTERS[verdict], verdict] as const),
  [UNKNOWN_VIDEO, 'invalid'],
]);

export function letterOf(verdict: OnlineVerdict): string {
  return LETTERS[verdict];
}

/** @throws RangeError for a letter that there is not */
export function verdictOfLetter(letter: string): OnlineVerdict {
  const verdict = VERDICTS.get(letter);
  if (verdict === undefined) throw new RangeError(`no online verdict: ${JSON.stringify(letter)}`);
  return verdict;
}

/** Whether a view with this verdict is in the log. */
export function isWritten(letter: string): boolean {
  return letter !== LETTERS.invalid && letter !== UNKNOWN_VIDEO;
}
