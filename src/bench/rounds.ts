/** The order in which contenders take turns. Pure. */

/**
 * One list of names for each round. Every round begins with another contender, so that none always follows the same
 * one or always runs on the coldest machine; slow ones drop out after rounds of their own.
 */
export function planRounds(
  contenders: readonly { readonly name: string; readonly isSlow?: boolean }[],
  rounds: number,
  roundsSlow: number,
): string[][] {
  const count = contenders.length;
  return Array.from({ length: Math.max(rounds, roundsSlow) }, (_, round) =>
    Array.from({ length: count }, (_, i) => contenders[(i + round) % count])
      .filter(({ isSlow }) => round < (isSlow ? roundsSlow : rounds))
      .map(({ name }) => name),
  );
}
