/**
 * Synthetic challenges: challenge c and its member m are pure functions of (options, c, m), so that any range of them
 * can be made by any worker in chunks of any size. All are due on the dates asked for, and their stakes are as the
 * platform would have taken them.
 */
import { addDays, businessDay } from '../src/rules/business-time.ts';
import { WordStream } from './hash.ts';

export interface ChallengeSeedOptions {
  /** Ids 1 to this. */
  readonly challenges: number;
  /** Of each challenge. */
  readonly members: number;
  /** Members of challenge 1; 0: as many as the others have. */
  readonly crowd: number;
  /** Days from the first to the last of a challenge, both inside. */
  readonly length: number;
  /** The first date on which challenges are due, `YYYY-MM-DD`. */
  readonly date: string;
  /** Dates over which the due dates are spread. */
  readonly days: number;
  readonly zone: string;
  /** Integer, 0 to 2^53 - 1. */
  readonly seed: number;
  /** Ids 1 to this. */
  readonly users: number;
  /** Users 1 to this are members of many challenges each. */
  readonly hotUsers: number;
  /** Challenges that each of them is in, at most. */
  readonly hotChallenges: number;
}

export interface SeedChallenge {
  readonly id: number;
  readonly status: 'ONGOING' | 'READY';
  readonly startDate: string;
  readonly endDate: string;
  /** The advertised one; a few members stake something else. */
  readonly stake: number;
  readonly feeBp: number;
  readonly noWinnerPolicy: 'refund' | 'house';
  readonly memberCount: number;
}

export interface SeedMember {
  readonly id: number;
  readonly challengeId: number;
  readonly userId: number;
  readonly stake: number;
  /** Milliseconds UTC. */
  readonly joinedAt: number;
  readonly quitAt: number | null;
  /** The date of `joinedAt` in the zone. */
  readonly joinDate: string;
}

export interface SeedProof {
  readonly id: number;
  readonly challengeId: number;
  readonly userId: number;
  readonly date: string;
}

/** What becomes of a member, by a number below 100. */
const WINNERS_BELOW = 62;
const LOSERS_BELOW = 95;
const QUITTERS_BELOW = 99;
/** The share of a challenge's days that wins: its default threshold. */
const THRESHOLD = 0.7;
/** Every so often a proof is told twice, or comes from somebody who is no member. */
const ODD_PROOF_EVERY = 16;
const STAKE_STEP = 10;
const STAKE_STEPS = 10;
const JOIN_DAYS = 3;
const JOIN_MS = 23 * 3_600_000;
const HOUR_MS = 3_600_000;
const WORD_BITS = 32;
/** Steps from member to member through the ids of users; a prime, so that no user comes twice. */
const STRIDES = [1_000_003, 1_000_033];
/** One stream of random words a use. */
const Stream = { challenge: 20, place: 21, member: 22 } as const;

/** The stake is at most this. */
export const seedStakeMax = STAKE_STEP * STAKE_STEPS;

interface Calendar {
  readonly startMs: number;
  readonly startDate: string;
  readonly endDate: string;
  /** Of the challenge, with the day before and the day after. */
  readonly proofDates: readonly string[];
  readonly joinDates: readonly { readonly date: string; readonly startMs: number }[];
}

/** Makes challenges of one seed. Setting it up costs a calendar for each due date. */
export class ChallengeSeed {
  readonly options: ChallengeSeedOptions;
  readonly #challenges: WordStream;
  readonly #places: WordStream;
  readonly #members: WordStream;
  readonly #calendars: readonly Calendar[];
  readonly #coldUsers: number;
  readonly #stride: number;
  readonly #hotEvery: number;

  constructor(options: ChallengeSeedOptions) {
    this.options = options;
    const { seed, users, hotUsers, hotChallenges, challenges, days } = options;
    this.#challenges = new WordStream(seed, Stream.challenge);
    this.#places = new WordStream(seed, Stream.place);
    this.#members = new WordStream(seed, Stream.member);
    this.#calendars = Array.from({ length: days }, (_, day) => calendarOf(options, addDays(options.date, day)));
    this.#coldUsers = users - hotUsers;
    this.#stride = STRIDES.find((stride) => this.#coldUsers % stride !== 0)!;
    this.#hotEvery = hotUsers === 0 ? 0 : Math.max(1, Math.floor(challenges / Math.max(1, hotUsers * hotChallenges)));
  }

  /** Members of all challenges. */
  get memberCount(): number {
    return this.firstMemberId(this.options.challenges) - 1;
  }

  /** Proof ids have gaps; all are below this. */
  get proofIdEnd(): number {
    return this.memberCount * this.#proofSlots + 1;
  }

  /** Id of the first member of challenge `index`, which counts from 0; of the next member to come, past the last one. */
  firstMemberId(index: number): number {
    const { members, crowd } = this.options;
    return index === 0 ? 1 : 1 + (crowd || members) + (index - 1) * members;
  }

  challenge(index: number): SeedChallenge {
    const { members, crowd } = this.options;
    const word = this.#challenges.word(index);
    const { startDate, endDate } = this.#calendarOf(index);
    return {
      id: index + 1,
      status: (word & 31) === 0 ? 'READY' : 'ONGOING',
      startDate,
      endDate,
      stake: STAKE_STEP * (1 + ((word >>> 5) % STAKE_STEPS)),
      feeBp: ((word >>> 10) & 3) === 0 ? 250 : 0,
      noWinnerPolicy: ((word >>> 12) & 1) === 0 ? 'refund' : 'house',
      memberCount: index === 0 && crowd > 0 ? crowd : members,
    };
  }

  /** Member `place`, from 0, of a challenge of this seed. */
  member(challenge: SeedChallenge, place: number): SeedMember {
    const index = challenge.id - 1;
    const id = this.firstMemberId(index) + place;
    const word = this.#members.word(id);
    const { startMs, joinDates } = this.#calendarOf(index);
    const joined = joinDates[word % JOIN_DAYS];
    const fate = fateOf(word);
    return {
      id,
      challengeId: challenge.id,
      userId: this.#userOf(index, place),
      stake: ((word >>> 8) & 7) === 0 ? 1 + ((word >>> 11) % seedStakeMax) : challenge.stake,
      joinedAt: joined.startMs + Math.floor((word / 2 ** WORD_BITS) * JOIN_MS),
      quitAt: fate === 'withdrew' ? startMs - 1 : fate === 'quit' ? startMs + HOUR_MS : null,
      joinDate: joined.date,
    };
  }

  /** Some are told twice, some lie outside of the challenge, some are of strangers. */
  proofs(member: SeedMember): SeedProof[] {
    const { length, users } = this.options;
    const { id, challengeId, userId } = member;
    const word = this.#members.word(id);
    const { proofDates } = this.#calendarOf(challengeId - 1);
    const [before, ...within] = proofDates;
    const firstId = (id - 1) * this.#proofSlots + 1;
    const fate = fateOf(word);
    const enough = Math.ceil(THRESHOLD * length);
    const count =
      fate === 'wins' ? Math.min(length, enough + ((word >>> 4) & 1)) : fate === 'fails' ? Math.floor(enough / 2) : 1;
    const proofs = within.slice(0, count).map((date, k) => ({ id: firstId + k, challengeId, userId, date }));
    const odd = (word >>> 19) % ODD_PROOF_EVERY;
    if (odd === 0)
      proofs.push({ id: firstId + length, challengeId, userId, date: proofs.length > 0 ? within[0] : before });
    if (odd === 1) proofs.push({ id: firstId + length, challengeId, userId, date: before });
    if (odd === 2) {
      proofs.push({ id: firstId + length, challengeId, userId: users + challengeId, date: within[0] });
    }
    return proofs;
  }

  get #proofSlots(): number {
    return this.options.length + 1;
  }

  #calendarOf(index: number): Calendar {
    const { challenges, days } = this.options;
    return this.#calendars[Math.floor((index * days) / challenges)];
  }

  #userOf(index: number, place: number): number {
    const { hotUsers, hotChallenges } = this.options;
    if (place === 0 && hotUsers > 0 && index % this.#hotEvery === 0) {
      const turn = index / this.#hotEvery;
      if (turn < hotUsers * hotChallenges) return 1 + (turn % hotUsers);
    }
    return 1 + hotUsers + ((this.#places.below(index, this.#coldUsers) + place * this.#stride) % this.#coldUsers);
  }
}

function fateOf(word: number): 'wins' | 'fails' | 'quit' | 'withdrew' {
  const number = (word >>> 12) % 100;
  if (number < WINNERS_BELOW) return 'wins';
  if (number < LOSERS_BELOW) return 'fails';
  return number < QUITTERS_BELOW ? 'quit' : 'withdrew';
}

/** Of the challenges that are due on a date: their last day is the day before. */
function calendarOf({ length, zone }: ChallengeSeedOptions, due: string): Calendar {
  const startDate = addDays(due, -length);
  return {
    startMs: businessDay(startDate, zone).startMs,
    startDate,
    endDate: addDays(due, -1),
    proofDates: Array.from({ length: length + 1 }, (_, day) => addDays(startDate, day - 1)),
    joinDates: Array.from({ length: JOIN_DAYS }, (_, day) => {
      const date = addDays(startDate, -1 - day);
      return { date, startMs: businessDay(date, zone).startMs };
    }),
  };
}
