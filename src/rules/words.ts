/** Signed 64-bit integers as the two 32-bit words that typed arrays keep of them: the low one first, both signed. */

/** The integer of two words. */
export function joinWords(lo: number, hi: number): bigint {
  return (BigInt(hi) << 32n) | BigInt(lo >>> 0);
}

/** The two words of an integer. */
export function splitWords(value: bigint): [lo: number, hi: number] {
  return [Number(BigInt.asIntN(32, value)), Number(BigInt.asIntN(32, value >> 32n))];
}
