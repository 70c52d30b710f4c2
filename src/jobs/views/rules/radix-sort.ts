/** Sorts positions by 32-bit keys: stable, and linear where a comparison sort calls back. */

const digitBits = 11;
const digits = 1 << digitBits;

/**
 * Sorts `positions` by `keys[position]`, equal keys in the order given. Least significant digit first.
 * @param spare as long as `positions`; overwritten
 * @param minKey, maxKey the smallest and largest key of the positions; their distance is below 2^31
 * @returns `positions` or `spare`, whichever holds the result
 */
export function radixSort(
  positions: Int32Array,
  spare: Int32Array,
  keys: Int32Array | Float64Array,
  minKey: number,
  maxKey: number,
): Int32Array {
  let from = positions;
  let to = spare;
  const range = maxKey - minKey;
  const counts = new Uint32Array(digits);
  for (let shift = 0; shift < 31 && range >> shift > 0; shift += digitBits) {
    counts.fill(0);
    for (let i = 0; i < from.length; i++) counts[((keys[from[i]] - minKey) >> shift) & (digits - 1)]++;
    let sum = 0;
    for (let digit = 0; digit < digits; digit++) {
      const count = counts[digit];
      counts[digit] = sum;
      sum += count;
    }
    for (let i = 0; i < from.length; i++) to[counts[((keys[from[i]] - minKey) >> shift) & (digits - 1)]++] = from[i];
    [from, to] = [to, from];
  }
  return from;
}
