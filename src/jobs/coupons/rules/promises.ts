/** Whom an online service has promised a coupon, beside who got one. Pure. */

const WHOLE = /^-?(0|[1-9]\d{0,18})$/;
const INT64_MIN = -(2n ** 63n);
const INT64_MAX = 2n ** 63n - 1n;

/** The user of a member of `coupon:ID:issued`; undefined: it is nobody's id as a number is written. */
export function userOfMember(member: string): bigint | undefined {
  if (!WHOLE.test(member)) return undefined;
  const id = BigInt(member);
  return id >= INT64_MIN && id <= INT64_MAX && String(id) === member ? id : undefined;
}

export interface PromiseDifferences {
  /** Users who are promised a coupon and have none, each once. */
  readonly promisedOnly: readonly bigint[];
  /** Members that are no user ids, each once. */
  readonly unreadable: readonly string[];
  /** Users who got a coupon and are not in the set. */
  readonly issuedOnly: readonly bigint[];
}

/** @param members of the set, in any order; some may be there twice */
export function comparePromises(members: readonly string[], issued: readonly bigint[]): PromiseDifferences {
  const holders = new Set(issued);
  const promised = new Set<bigint>();
  const unreadable = new Set<string>();
  for (const member of members) {
    const user = userOfMember(member);
    if (user === undefined) unreadable.add(member);
    else promised.add(user);
  }
  return {
    promisedOnly: [...promised].filter((user) => !holders.has(user)),
    unreadable: [...unreadable],
    issuedOnly: issued.filter((user) => !promised.has(user)),
  };
}
