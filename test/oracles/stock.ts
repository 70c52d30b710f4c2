/** Stock by plain loops over all movements of a product since ever. Imports nothing of src. */

export interface OracleMovement {
  readonly id: bigint;
  readonly productId: bigint;
  readonly kind: string;
  readonly quantity: bigint;
  readonly reservationId: string | null;
  readonly happenedAt: number;
}

export interface OracleStock {
  /** `product,on_hand,reserved`, by product; without those that were oversold. */
  readonly lines: string[];
  /** `movement reason`, by movement; of products that settle. */
  readonly setAside: string[];
  readonly oversold: bigint[];
}

interface Held {
  quantity: bigint;
  at: number;
  state: 'open' | 'confirmed' | 'released' | 'timed-out';
}

/** @param end the first instant after the date; @param timeout milliseconds */
export function stockAt(
  openings: ReadonlyMap<bigint, bigint>,
  movements: readonly OracleMovement[],
  end: number,
  timeout: number,
): OracleStock {
  const products = [
    ...new Set([...openings.keys(), ...movements.filter((m) => m.happenedAt < end).map((m) => m.productId)]),
  ];
  products.sort((a, b) => Number(a - b));
  const lines: string[] = [];
  const setAside: [bigint, string][] = [];
  const oversold: bigint[] = [];
  for (const product of products) {
    let onHand = openings.get(product) ?? 0n;
    let reserved = 0n;
    let isOversold = false;
    const reservations = new Map<string, Held>();
    const reasons: [bigint, string][] = [];
    const expire = (isOver: (deadline: number) => boolean) => {
      for (const held of reservations.values()) {
        if (held.state !== 'open' || !isOver(held.at + timeout)) continue;
        held.state = 'timed-out';
        reserved -= held.quantity;
      }
    };
    const mine = movements.filter((m) => m.productId === product && m.happenedAt < end);
    mine.sort((a, b) => a.happenedAt - b.happenedAt || Number(a.id - b.id));
    for (const movement of mine) {
      expire((deadline) => deadline <= movement.happenedAt);
      const { kind, quantity } = movement;
      const held = reservations.get(movement.reservationId ?? '');
      if (kind === 'receive') onHand += quantity;
      else if (kind === 'adjust') onHand += quantity;
      else if (kind === 'reserve') {
        if (held !== undefined) {
          reasons.push([movement.id, 'reservation-exists']);
          continue;
        }
        reservations.set(movement.reservationId!, { quantity, at: movement.happenedAt, state: 'open' });
        reserved += quantity;
      } else if (held === undefined || held.state !== 'open') {
        const state = held?.state;
        reasons.push([
          movement.id,
          state === undefined ? 'unknown-reservation' : state === 'timed-out' ? state : `already-${state}`,
        ]);
        continue;
      } else {
        held.state = kind === 'confirm' ? 'confirmed' : 'released';
        reserved -= held.quantity;
        if (kind === 'confirm') onHand -= held.quantity;
      }
      if (onHand < 0n || onHand < reserved) isOversold = true;
    }
    expire((deadline) => deadline < end);
    if (isOversold) oversold.push(product);
    else {
      lines.push(`${product},${onHand},${reserved}`);
      setAside.push(...reasons);
    }
  }
  setAside.sort(([a], [b]) => Number(a - b));
  return { lines, setAside: setAside.map(([id, reason]) => `${id} ${reason}`), oversold };
}
