/**
 * Answers of the read API by the strategy of --cache. Whatever the strategy, an answer is of a moment after the question: it
 * is kept with the revision that the database had published before it was read, and counts while that is the newest one.
 */
import type { Executor } from '../../database/database.ts';
import type { CacheStrategy } from '../../redis/cache-strategy.ts';
import { ASKED_MS, QUESTIONS_MAX, REWRITES_AT_ONCE } from './limits.ts';
import type { MemoryAnswers } from './memory-answers.ts';
import type { RevisionView } from './revision-view.ts';
import type { Revisions } from './revisions.ts';
import type { Scope } from './scope.ts';
import type { CacheResult, SharedAnswers } from './shared-answers.ts';
import type { Answer } from './stored-answer.ts';

/** @typeParam E what is read with: a test reads something else than a database */
export interface Question<E = Executor> {
  /** Route and parameters as the route understood them, so that one question has one key. */
  readonly key: string;
  readonly scope: Scope;
  /** Reads the answer. Called with the primary, or with a replica that has the scope's revision. */
  answer(executor: E): Promise<Answer>;
}

/** Where answers are read. */
export interface Source<E = Executor> {
  /** False: reading it needs no revision. */
  readonly hasReplicas: boolean;
  /** From what has the scope's revision in `view`. */
  read(view: RevisionView, question: Question<E>): Promise<Answer>;
  readPrimary(question: Question<E>): Promise<Answer>;
}

export interface ReadAnswersOptions<E = Executor> {
  readonly strategy: CacheStrategy;
  readonly revisions: Revisions;
  readonly source: Source<E>;
  readonly memory: MemoryAnswers;
  /** Undefined: this process alone. */
  readonly shared?: SharedAnswers;
  note?(result: CacheResult): void;
  readonly now?: () => number;
}

interface Asked<E> {
  readonly question: Question<E>;
  readonly askedMs: number;
}

export class ReadAnswers<E = Executor> {
  readonly #options: ReadAnswersOptions<E>;
  readonly #now: () => number;
  /** One for each question and label, while it is being answered. */
  readonly #flights = new Map<string, Promise<Answer>>();
  /** Questions of late, in the order in which they were last asked. */
  readonly #asked = new Map<string, Asked<E>>();
  #rewriting: Promise<void> = Promise.resolve();

  constructor(options: ReadAnswersOptions<E>) {
    this.#options = options;
    this.#now = options.now ?? (() => performance.now());
    if (options.strategy === 'evict') options.revisions.onChange((view) => this.#evict(view));
    if (options.strategy === 'update') options.revisions.onChange((view) => this.#update(view));
  }

  /** Resolves when what is being rewritten is. */
  get rewriting(): Promise<void> {
    return this.#rewriting;
  }

  async get(question: Question<E>): Promise<Answer> {
    const { strategy, revisions, source, memory, note } = this.#options;
    if (strategy === 'none' && !source.hasReplicas) return await source.readPrimary(question);
    const view = await revisions.current();
    if (view === undefined) return await source.readPrimary(question);
    if (strategy === 'none') return await source.read(view, question);
    this.#remember(question);
    const kept = memory.get(question.key, view.labelOf(question.scope));
    note?.(kept === undefined ? 'miss' : 'hit');
    return kept ?? (await this.#once(view, question));
  }

  #remember(question: Question<E>): void {
    const { key } = question;
    this.#asked.delete(key);
    this.#asked.set(key, { question, askedMs: this.#now() });
    if (this.#asked.size <= QUESTIONS_MAX) return;
    const [oldest] = this.#asked.keys();
    this.#asked.delete(oldest);
  }

  /** Who asks the same of the same revision at once shares one answer. */
  #once(view: RevisionView, question: Question<E>): Promise<Answer> {
    const name = `${view.labelOf(question.scope)} ${question.key}`;
    const found = this.#flights.get(name);
    if (found !== undefined) return found;
    const flight = this.#find(view, question).finally(() => this.#flights.delete(name));
    this.#flights.set(name, flight);
    return flight;
  }

  async #find(view: RevisionView, question: Question<E>): Promise<Answer> {
    const { memory, shared, source } = this.#options;
    const { key, scope } = question;
    const label = view.labelOf(scope);
    const found = await shared?.get(key, label);
    // The label was published before this is read, so the answer is at least as new.
    const answer = found?.answer ?? (await source.read(view, question));
    memory.set(key, { label, answer });
    if (found === undefined) void shared?.set(key, { label, answer });
    return answer;
  }

  #evict(view: RevisionView): void {
    const { memory, shared } = this.#options;
    for (const { question } of [...this.#asked.values()]) {
      const { key, scope } = question;
      const label = view.labelOf(scope);
      if (memory.get(key, label) !== undefined) continue;
      memory.delete(key);
      this.#asked.delete(key);
      void shared?.removeOther(key, label);
    }
  }

  /** What was asked of late is read again, so that the next who asks finds it. */
  #update(view: RevisionView): void {
    const since = this.#now() - ASKED_MS;
    const changed = [...this.#asked.values()].filter(
      ({ question, askedMs }) =>
        askedMs >= since && this.#options.memory.get(question.key, view.labelOf(question.scope)) === undefined,
    );
    const before = this.#rewriting;
    const next = changed.values();
    const work = async () => {
      for (const { question } of next) {
        // Something newer is published: its own rewriting comes.
        if (this.#options.revisions.known !== view) return;
        await this.#once(view, question).catch(() => {});
      }
    };
    this.#rewriting = before.then(async () => {
      await Promise.all(Array.from({ length: REWRITES_AT_ONCE }, work));
    });
  }
}
