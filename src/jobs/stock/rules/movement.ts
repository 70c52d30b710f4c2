/** What can happen to a product (domain.md section 10). */

export const movementKinds = ['receive', 'reserve', 'confirm', 'release', 'adjust'] as const;
export type MovementKind = (typeof movementKinds)[number];

/** A row of stock_movement as it was read: what others wrote there may be anything. */
export interface Movement {
  readonly id: bigint;
  readonly kind: string;
  readonly quantity: bigint;
  readonly reservationId: string | null;
  /** Milliseconds UTC. */
  readonly atMs: number;
  /** The row as a number of 32 bits. */
  readonly digest: number;
}

/** Why a movement changes nothing. */
export type SetAsideReason =
  | 'unknown-kind'
  | 'bad-quantity'
  | 'no-reservation-id'
  | 'reservation-exists'
  | 'unknown-reservation'
  | 'already-confirmed'
  | 'already-released'
  | 'timed-out';
