/** Finds the name that a person probably meant. */

/** The name nearest to `typed` by edit distance, near enough to be a slip: two letters exchanged, say; else undefined. */
export function nearestName(typed: string, names: readonly string[]): string | undefined {
  const distanceMax = typed.length <= 3 ? 1 : Math.max(2, Math.floor(typed.length / 3));
  const [best] = names
    .map((name) => ({ name, distance: editDistance(typed.toLowerCase(), name.toLowerCase()) }))
    .filter(({ distance }) => distance <= distanceMax)
    .sort((a, b) => a.distance - b.distance);
  return best?.name;
}

/** Letters to insert, delete or replace to turn `a` into `b` (Levenshtein). */
export function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const current = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = previous[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      current.push(Math.min(replaced, previous[j] + 1, current[j - 1] + 1));
    }
    previous = current;
  }
  return previous[b.length];
}
