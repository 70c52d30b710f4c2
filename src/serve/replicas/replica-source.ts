/** Reads answers from replicas that have what is wanted, one after the other, and else from the primary. */
import type { Executor } from '../../database/database.ts';
import type { Question, Source } from '../cache/read-answers.ts';
import type { RevisionView } from '../cache/revision-view.ts';
import type { Scope } from '../cache/scope.ts';
import type { Answer } from '../cache/stored-answer.ts';
import { within } from '../within.ts';

/** A replica that takes longer is left out, and the primary asked. */
const READ_MS_MAX = 2_000;

/** What of a replica this needs. */
export interface ReadReplica<E> {
  readonly name: string;
  /** Undefined while it is left out. */
  readonly executor: E | undefined;
  has(view: RevisionView, scope: Scope): Promise<boolean>;
  leaveOut(reason: string): void;
}

export class ReplicaSource<E = Executor> implements Source<E> {
  readonly #primary: E;
  readonly #replicas: readonly ReadReplica<E>[];
  readonly #note: (server: 'primary' | 'replica') => void;
  #turn = 0;

  constructor(
    primary: E,
    replicas: readonly ReadReplica<E>[],
    note: (server: 'primary' | 'replica') => void = () => {},
  ) {
    this.#primary = primary;
    this.#replicas = replicas;
    this.#note = note;
  }

  get hasReplicas(): boolean {
    return this.#replicas.length > 0;
  }

  async read(view: RevisionView, question: Question<E>): Promise<Answer> {
    const replica = this.#next();
    const executor = replica?.executor;
    if (replica === undefined || executor === undefined || !(await replica.has(view, question.scope))) {
      return await this.readPrimary(question);
    }
    try {
      const answer = await within(READ_MS_MAX, question.answer(executor), replica.name);
      this.#note('replica');
      return answer;
    } catch (error) {
      replica.leaveOut(error instanceof Error ? error.message : String(error));
      return await this.readPrimary(question);
    }
  }

  async readPrimary(question: Question<E>): Promise<Answer> {
    this.#note('primary');
    return await question.answer(this.#primary);
  }

  #next(): ReadReplica<E> | undefined {
    const used = this.#replicas.filter(({ executor }) => executor !== undefined);
    this.#turn = (this.#turn + 1) % Math.max(1, used.length);
    return used[this.#turn];
  }
}
