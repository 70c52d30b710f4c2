/**
 * Apportionment by the largest remainder (domain.md section 6): everyone gets the floor of an exact share in proportion
 * to weight, then the points left over go one each to the largest fractions, ties by join order. Whole points, exact.
 */

/** What one weight gets, with everything that it follows from: `amount * weight = floor * denominator + numerator`. */
export interface Share {
  readonly weight: bigint;
  readonly floor: bigint;
  /** Numerator of the fraction that the floor cut off; below `denominator`. */
  readonly numerator: bigint;
  /** The sum of all weights. */
  readonly denominator: bigint;
  /** 1n for those whose fraction is among the largest. */
  readonly extraPoint: 0n | 1n;
  readonly amount: bigint;
}

/** The shares of equal weight, before it is decided who of them gets an extra point. */
interface WeightClass {
  readonly floor: bigint;
  readonly numerator: bigint;
}

/**
 * Hands out shares one after another. The fraction follows from the weight alone, so a class for each distinct weight
 * is all that is kept: a million equal stakes need one.
 */
export class Apportionment {
  /** Points that the floors leave over; fewer than there are weights. */
  readonly leftOver: bigint;
  readonly #classes = new Map<bigint, WeightClass>();
  readonly #totalWeight: bigint;
  /** Fractions above this one all get a point; below it, none. */
  #cutNumerator = -1n;
  /** Points left for those at the cut, first come, first served. */
  #pointsAtCut = 0n;

  /** @throws RangeError for an amount below 0, a weight or a count that is not above 0, or nobody to give an amount to. */
  constructor(amount: bigint, countByWeight: ReadonlyMap<bigint, bigint>) {
    if (amount < 0n) throw new RangeError(`an amount of ${amount} cannot be apportioned`);
    let totalWeight = 0n;
    for (const [weight, count] of countByWeight) {
      if (weight <= 0n || count <= 0n) throw new RangeError(`${count} weights of ${weight}`);
      totalWeight += weight * count;
    }
    if (totalWeight === 0n && amount > 0n) throw new RangeError(`nobody to apportion ${amount} to`);
    this.#totalWeight = totalWeight;

    let leftOver = amount;
    const countByNumerator = new Map<bigint, bigint>();
    for (const [weight, count] of countByWeight) {
      const floor = (amount * weight) / totalWeight;
      const numerator = (amount * weight) % totalWeight;
      this.#classes.set(weight, { floor, numerator });
      countByNumerator.set(numerator, (countByNumerator.get(numerator) ?? 0n) + count);
      leftOver -= floor * count;
    }
    this.leftOver = leftOver;
    this.#cut(countByNumerator);
  }

  /** The share of the next weight. Call it in join order, as often for each weight as it was counted. */
  next(weight: bigint): Share {
    const found = this.#classes.get(weight);
    if (found === undefined) throw new RangeError(`a weight of ${weight} was not counted`);
    const { floor, numerator } = found;
    let extraPoint: 0n | 1n = numerator > this.#cutNumerator ? 1n : 0n;
    if (numerator === this.#cutNumerator && this.#pointsAtCut > 0n) {
      this.#pointsAtCut--;
      extraPoint = 1n;
    }
    return { weight, floor, numerator, denominator: this.#totalWeight, extraPoint, amount: floor + extraPoint };
  }

  #cut(countByNumerator: ReadonlyMap<bigint, bigint>): void {
    const descending = [...countByNumerator.keys()].sort((a, b) => (a < b ? 1 : a > b ? -1 : 0));
    let points = this.leftOver;
    for (const numerator of descending) {
      this.#cutNumerator = numerator;
      this.#pointsAtCut = points;
      points -= countByNumerator.get(numerator)!;
      if (points <= 0n) return;
    }
  }
}

/** The shares of the weights, which are in join order. Throws as `Apportionment`. */
export function apportion(amount: bigint, weights: readonly bigint[]): Share[] {
  const countByWeight = new Map<bigint, bigint>();
  for (const weight of weights) countByWeight.set(weight, (countByWeight.get(weight) ?? 0n) + 1n);
  const apportionment = new Apportionment(amount, countByWeight);
  return weights.map((weight) => apportionment.next(weight));
}
