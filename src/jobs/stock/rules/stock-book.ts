/**
 * The book of one product (domain.md section 10): movements in order of (happened_at, id), reservations that are held until
 * their time-out, and the stock at the end of each date on which something changed. Pure.
 */
import type { Movement, SetAsideReason } from './movement.ts';

/** Of settle_stock_reservation. */
export type ReservationOutcome = 'open' | 'confirmed' | 'released' | 'timed-out';

export interface Reservation {
  readonly id: string;
  readonly movementId: bigint;
  readonly quantity: bigint;
  /** Milliseconds UTC. */
  readonly reservedAtMs: number;
  /** The first instant at which it is not held any more. */
  readonly heldUntilMs: number;
  readonly outcome: ReservationOutcome;
  readonly endedAtMs: number | null;
}

/** The stock at the end of a date, and by how many units what has changed it since the row before. */
export interface StockDay {
  readonly date: string;
  readonly onHand: bigint;
  readonly reserved: bigint;
  /** On hand before the first movement ever. */
  readonly opening: bigint;
  readonly receivedUnits: bigint;
  readonly adjustedUnits: bigint;
  readonly reservedUnits: bigint;
  readonly confirmedUnits: bigint;
  readonly releasedUnits: bigint;
  readonly timedOutUnits: bigint;
  /** Movements up to here since ever, those set aside included, and the sum of their digests. */
  readonly movements: bigint;
  readonly digest: bigint;
}

export interface SetAside {
  readonly movementId: bigint;
  readonly date: string;
  readonly reason: SetAsideReason;
}

/** What the book begins with. */
export interface StockStart {
  readonly opening: bigint;
  readonly onHand: bigint;
  readonly reserved: bigint;
  readonly movements: bigint;
  readonly digest: bigint;
  /** Reservations that are open, in any order. */
  readonly open: readonly Reservation[];
}

/** The first movement that a product has not the units for. */
export class Oversold extends Error {
  readonly movementId: bigint;
  readonly date: string;

  constructor(movementId: bigint, date: string, message: string) {
    super(message);
    this.name = 'Oversold';
    this.movementId = movementId;
    this.date = date;
  }
}

const INT64_MAX = 2n ** 63n - 1n;

interface Tally {
  receivedUnits: bigint;
  adjustedUnits: bigint;
  reservedUnits: bigint;
  confirmedUnits: bigint;
  releasedUnits: bigint;
  timedOutUnits: bigint;
}

export class StockBook {
  readonly days: StockDay[] = [];
  readonly setAside: SetAside[] = [];
  readonly #timeoutMs: number;
  readonly #dateOf: (ms: number) => string;
  readonly #opening: bigint;
  /** In order of `heldUntilMs`. */
  readonly #open = new Map<string, Reservation>();
  /** Begun or ended here. */
  readonly #changed = new Map<string, Reservation>();
  #lastHeldMs = Number.NEGATIVE_INFINITY;
  #onHand: bigint;
  #reserved: bigint;
  #movements: bigint;
  #digest: bigint;
  #date: string | undefined;
  #tally = emptyTally();

  /** @param dateOf the business date of an instant */
  constructor(start: StockStart, timeoutMs: number, dateOf: (ms: number) => string) {
    this.#opening = start.opening;
    this.#onHand = start.onHand;
    this.#reserved = start.reserved;
    this.#movements = start.movements;
    this.#digest = start.digest;
    this.#timeoutMs = timeoutMs;
    this.#dateOf = dateOf;
    for (const reservation of start.open) this.#open.set(reservation.id, reservation);
    if (start.open.length > 0) this.#sortOpen();
  }

  /** Reservations as they are now, of those that have begun or ended here. */
  get reservations(): Iterable<Reservation> {
    return this.#changed.values();
  }

  /**
   * The next movement.
   * @param earlier the outcome of a reservation of that id which had ended before this book begins
   * @throws Oversold
   */
  take(movement: Movement, earlier: (id: string) => ReservationOutcome | undefined): void {
    const { id, atMs } = movement;
    this.#expire(atMs);
    this.#enter(atMs);
    this.#movements++;
    this.#digest += BigInt(movement.digest);
    const reason = this.#apply(movement, earlier);
    if (reason !== undefined) this.setAside.push({ movementId: id, date: this.#date!, reason });
    else this.#requireUnits(movement);
  }

  /** Ends the book before the instant: what times out at it, does so in the next one. */
  close(endMs: number): void {
    this.#expire(endMs - 1);
    this.#leave();
  }

  /** Returns why the movement changes nothing; undefined: it has been applied. */
  #apply(
    { id, kind, quantity, reservationId, atMs }: Movement,
    earlier: (id: string) => ReservationOutcome | undefined,
  ): SetAsideReason | undefined {
    switch (kind) {
      case 'receive':
        if (quantity <= 0n) return 'bad-quantity';
        this.#onHand += quantity;
        this.#tally.receivedUnits += quantity;
        return undefined;
      case 'adjust':
        this.#onHand += quantity;
        this.#tally.adjustedUnits += quantity;
        return undefined;
      case 'reserve':
        if (reservationId === null) return 'no-reservation-id';
        if (quantity <= 0n) return 'bad-quantity';
        if (this.#outcomeOf(reservationId, earlier) !== undefined) return 'reservation-exists';
        this.#reserve(id, reservationId, quantity, atMs);
        return undefined;
      case 'confirm':
      case 'release': {
        if (reservationId === null) return 'no-reservation-id';
        const open = this.#open.get(reservationId);
        if (open === undefined) return notOpen(this.#outcomeOf(reservationId, earlier));
        this.#end(open, kind === 'confirm' ? 'confirmed' : 'released', atMs);
        return undefined;
      }
      default:
        return 'unknown-kind';
    }
  }

  /** A row for the date of an instant on which nothing has changed. */
  enterFirst(atMs: number): void {
    this.#enter(atMs);
    this.#leave();
  }

  #reserve(movementId: bigint, id: string, quantity: bigint, atMs: number): void {
    this.#reserved += quantity;
    this.#tally.reservedUnits += quantity;
    const heldUntilMs = atMs + this.#timeoutMs;
    const reservation: Reservation = {
      id,
      movementId,
      quantity,
      reservedAtMs: atMs,
      heldUntilMs,
      outcome: 'open',
      endedAtMs: null,
    };
    this.#open.set(id, reservation);
    this.#changed.set(id, reservation);
    // The time-out is the same for all that begin here: only where a longer one was in force before is it not the last.
    if (heldUntilMs < this.#lastHeldMs) this.#sortOpen();
    else this.#lastHeldMs = heldUntilMs;
  }

  #sortOpen(): void {
    const open = [...this.#open.values()].sort((a, b) => a.heldUntilMs - b.heldUntilMs);
    this.#open.clear();
    for (const reservation of open) this.#open.set(reservation.id, reservation);
    this.#lastHeldMs = open.at(-1)!.heldUntilMs;
  }

  #end(reservation: Reservation, outcome: Exclude<ReservationOutcome, 'open'>, endedAtMs: number): void {
    const { id, quantity } = reservation;
    this.#open.delete(id);
    this.#changed.set(id, { ...reservation, outcome, endedAtMs });
    this.#reserved -= quantity;
    if (outcome === 'confirmed') {
      this.#onHand -= quantity;
      this.#tally.confirmedUnits += quantity;
    } else if (outcome === 'released') this.#tally.releasedUnits += quantity;
    else this.#tally.timedOutUnits += quantity;
  }

  /** What is not held at `atMs` any more is released when it ceases to be. */
  #expire(atMs: number): void {
    for (const reservation of this.#open.values()) {
      if (reservation.heldUntilMs > atMs) return;
      this.#enter(reservation.heldUntilMs);
      this.#end(reservation, 'timed-out', reservation.heldUntilMs);
    }
  }

  #outcomeOf(id: string, earlier: (id: string) => ReservationOutcome | undefined): ReservationOutcome | undefined {
    return this.#open.get(id)?.outcome ?? this.#changed.get(id)?.outcome ?? earlier(id);
  }

  /** The date of what comes next. */
  #enter(atMs: number): void {
    const date = this.#dateOf(atMs);
    if (date === this.#date) return;
    this.#leave();
    this.#date = date;
  }

  #leave(): void {
    if (this.#date === undefined) return;
    this.days.push({
      date: this.#date,
      onHand: this.#onHand,
      reserved: this.#reserved,
      opening: this.#opening,
      ...this.#tally,
      movements: this.#movements,
      digest: this.#digest,
    });
    this.#date = undefined;
    this.#tally = emptyTally();
  }

  #requireUnits({ id, kind, quantity }: Movement): void {
    const problem =
      this.#onHand < 0n
        ? `on hand would be ${this.#onHand}`
        : this.#onHand < this.#reserved
          ? `available would be ${this.#onHand - this.#reserved}`
          : this.#onHand > INT64_MAX
            ? `on hand would be ${this.#onHand}, which no column holds`
            : undefined;
    if (problem !== undefined) throw new Oversold(id, this.#date!, `movement ${id} (${kind} ${quantity}): ${problem}`);
  }
}

function notOpen(outcome: ReservationOutcome | undefined): SetAsideReason {
  switch (outcome) {
    case 'confirmed':
      return 'already-confirmed';
    case 'released':
      return 'already-released';
    case 'timed-out':
      return 'timed-out';
    default:
      return 'unknown-reservation';
  }
}

function emptyTally(): Tally {
  return {
    receivedUnits: 0n,
    adjustedUnits: 0n,
    reservedUnits: 0n,
    confirmedUnits: 0n,
    releasedUnits: 0n,
    timedOutUnits: 0n,
  };
}
