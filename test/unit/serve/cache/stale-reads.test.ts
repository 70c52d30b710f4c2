/**
 * No reader is ever given a value older than its question: services that share a cache, replicas that lag, publishers, and a
 * cache that loses, delays or refuses, in interleavings that a seed chooses. The checker is shown to find the classic races.
 */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { DateRevision, ReadHead } from '../../../../src/jobs/views/publication/read-revision.ts';
import { Breaker } from '../../../../src/redis/breaker.ts';
import { MemoryAnswers } from '../../../../src/serve/cache/memory-answers.ts';
import { type Question, ReadAnswers } from '../../../../src/serve/cache/read-answers.ts';
import { type RevisionReader, Revisions } from '../../../../src/serve/cache/revisions.ts';
import { type AnswerStore, SharedAnswers } from '../../../../src/serve/cache/shared-answers.ts';
import { type Answer, answerOf, type LabelledAnswer } from '../../../../src/serve/cache/stored-answer.ts';
import { hasRevision } from '../../../../src/serve/replicas/has-revision.ts';
import { type ReadReplica, ReplicaSource } from '../../../../src/serve/replicas/replica-source.ts';
import { isThorough } from '../../../support/thorough.ts';

const DATES = ['2026-11-01', '2026-11-02'];
const RUNS = isThorough ? 20_000 : 300;

interface State {
  readonly head: ReadHead;
  readonly revisions: ReadonlyMap<string, bigint>;
  /** How often each date was published. */
  readonly versions: ReadonlyMap<string, number>;
}

/** A database whose transactions are states, the newest last; a replica has applied some of them. */
class History {
  readonly states: State[] = [
    { head: { identity: 'a', revision: 0n }, revisions: new Map(), versions: new Map(DATES.map((date) => [date, 0])) },
  ];

  get newest(): State {
    return this.states[this.states.length - 1];
  }

  publish(date: string): void {
    const { head, revisions, versions } = this.newest;
    const revision = head.revision + 7n;
    this.states.push({
      head: { ...head, revision },
      revisions: new Map(revisions).set(date, revision),
      versions: new Map(versions).set(date, versions.get(date)! + 1),
    });
  }
}

/** What is asked: a server, as of when it answers. */
interface Server {
  state(): State;
}

type Scheduler = fc.Scheduler;
type Fault = 'none' | 'refused' | 'late' | 'lost';

const step = async (scheduler: Scheduler, label: string) => await scheduler.schedule(Promise.resolve(), label);

function readerOf(scheduler: Scheduler, server: Server): RevisionReader {
  const ask = async <T>(label: string, read: (state: State) => T): Promise<T> => {
    await step(scheduler, `${label} arrives`);
    const found = read(server.state());
    await step(scheduler, `${label} answers`);
    return found;
  };
  return {
    head: async () => await ask('head', ({ head }) => head),
    list: async () =>
      await ask('list', ({ revisions }) =>
        [...revisions].map(([date, revision]): DateRevision => ({ subject: 'statistics', date, revision })),
      ),
  };
}

/** A cache whose calls fail, whose answers are lost, and whose writes arrive after they were given up. */
class FaultyStore implements AnswerStore {
  readonly #scheduler: Scheduler;
  readonly #faults: Iterator<Fault>;
  readonly #kept = new Map<string, LabelledAnswer>();

  constructor(scheduler: Scheduler, faults: Iterator<Fault>) {
    this.#scheduler = scheduler;
    this.#faults = faults;
  }

  async get(key: string) {
    return await this.#call(() => this.#kept.get(key));
  }

  async set(key: string, kept: LabelledAnswer) {
    await this.#call(() => this.#kept.set(key, kept));
  }

  async removeOther(key: string, label: string) {
    await this.#call(() => this.#kept.get(key)?.label === label || this.#kept.delete(key));
  }

  close(): void {}

  async #call<T>(work: () => T): Promise<T> {
    const fault = this.#faults.next().value as Fault;
    await step(this.#scheduler, `cache ${fault}`);
    if (fault === 'refused') throw new Error('refused');
    if (fault === 'late') {
      void step(this.#scheduler, 'cache does it late').then(work);
      throw new Error('no answer within 100 ms');
    }
    const value = work();
    await step(this.#scheduler, 'cache answers');
    if (fault === 'lost') throw new Error('the answer was lost');
    return value;
  }
}

interface World {
  readonly scheduler: Scheduler;
  readonly history: History;
  question(from: string, to: string): Question<Server>;
}

function worldOf(scheduler: Scheduler): World {
  const history = new History();
  const question = (from: string, to: string): Question<Server> => ({
    key: `${from}..${to}`,
    scope: { subject: 'statistics', from, to },
    async answer(server) {
      await step(scheduler, 'question arrives');
      const { versions } = server.state();
      const found = Object.fromEntries([...versions].filter(([date]) => date >= from && date <= to));
      await step(scheduler, 'answer arrives');
      return answerOf('application/json', JSON.stringify(found));
    },
  });
  return { scheduler, history, question };
}

/** Asks, and compares with what was published when the question was put. */
async function checkRead(world: World, question: Question<Server>, get: (q: Question<Server>) => Promise<Answer>) {
  const { versions } = world.history.newest;
  const answer: Record<string, number> = JSON.parse((await get(question)).body.toString());
  const { from, to } = question.scope;
  const wanted = DATES.filter((date) => date >= from && date <= to);
  expect(Object.keys(answer)).toEqual(wanted);
  for (const date of wanted) expect(answer[date], `${date} is old`).toBeGreaterThanOrEqual(versions.get(date)!);
}

const dates = fc.tuple(fc.constantFrom(...DATES), fc.constantFrom(...DATES)).map((two) => [...two].sort());
/** Steps before it begins: some begin when much has been kept. */
const wait = fc.nat(30);
const events = fc.array(
  fc.oneof(
    { weight: 3, arbitrary: fc.record({ kind: fc.constant('read' as const), dates, service: fc.nat(1), wait }) },
    {
      weight: 2,
      arbitrary: fc.record({ kind: fc.constant('publish' as const), date: fc.constantFrom(...DATES), wait }),
    },
    { weight: 1, arbitrary: fc.record({ kind: fc.constant('apply' as const), wait }) },
  ),
  { minLength: 6, maxLength: 16 },
);

const settings = fc.record({
  strategy: fc.constantFrom('update' as const, 'evict' as const, 'update' as const, 'evict' as const, 'none' as const),
  memoryBytes: fc.constantFrom(0, 0, 2_000, 1_000_000),
  isShared: fc.constantFrom(true, true, false),
  hasReplica: fc.boolean(),
});
const faults = fc.infiniteStream(fc.constantFrom<Fault>('none', 'none', 'none', 'refused', 'late', 'lost'));

test('no answer is older than its question, whatever is published, lost or late meanwhile', async () => {
  await fc.assert(
    fc.asyncProperty(fc.scheduler(), events, settings, faults, async (scheduler, todo, chosen, failing) => {
      const world = worldOf(scheduler);
      const { history } = world;
      const store = new FaultyStore(scheduler, failing[Symbol.iterator]());
      let applied = 0;
      let now = 0;
      const services = [0, 1].map(() => {
        const primary: Server = { state: () => history.newest };
        const copy: Server = { state: () => history.states[applied] };
        const copied = new Revisions(readerOf(scheduler, copy));
        const replica: ReadReplica<Server> = {
          name: 'replica',
          executor: copy,
          has: async (view, scope) => await hasRevision(copied, view, scope),
          leaveOut: () => {},
        };
        const breaker = new Breaker({ failuresMax: 2, firstWaitMs: 3, waitMsMax: 6, now: () => now++ });
        return new ReadAnswers<Server>({
          strategy: chosen.strategy,
          revisions: new Revisions(readerOf(scheduler, primary)),
          source: new ReplicaSource<Server>(primary, chosen.hasReplica ? [replica] : []),
          memory: new MemoryAnswers(chosen.memoryBytes, 50, () => now++),
          shared: chosen.isShared ? new SharedAnswers(store, () => {}, breaker) : undefined,
          now: () => now++,
        });
      });
      const all = todo.map(async (event) => {
        for (let n = 0; n <= event.wait; n++) await step(scheduler, event.kind);
        if (event.kind === 'publish') history.publish(event.date);
        else if (event.kind === 'apply') applied = Math.min(applied + 1, history.states.length - 1);
        else {
          const [from, to] = event.dates;
          const service = services[event.service];
          await checkRead(world, world.question(from, to), async (question) => await service.get(question));
        }
      });
      await scheduler.waitFor(Promise.all(all));
    }),
    { numRuns: RUNS },
  );
});

/** The usual cache: read through, and removed by a message of the publisher, in one order or the other. */
async function checkCacheAside(order: 'evict first' | 'commit first' | 'crash before evict') {
  return await fc.check(
    fc.asyncProperty(fc.scheduler(), events, async (scheduler, todo) => {
      const world = worldOf(scheduler);
      const { history } = world;
      const kept = new Map<string, Answer>();
      const primary: Server = { state: () => history.newest };
      const get = async (question: Question<Server>) => {
        await step(scheduler, 'cache');
        const found = kept.get(question.key);
        if (found !== undefined) return found;
        const answer = await question.answer(primary);
        await step(scheduler, 'fill');
        kept.set(question.key, answer);
        return answer;
      };
      const all = todo.map(async (event) => {
        for (let n = 0; n <= event.wait; n++) await step(scheduler, event.kind);
        if (event.kind === 'publish') {
          if (order === 'evict first') kept.clear();
          await step(scheduler, 'commit');
          history.publish(event.date);
          if (order === 'crash before evict') return;
          await step(scheduler, 'evict');
          if (order === 'commit first') kept.clear();
        } else if (event.kind === 'read') {
          const [from, to] = event.dates;
          await checkRead(world, world.question(from, to), get);
        }
      });
      await scheduler.waitFor(Promise.all(all));
    }),
    { numRuns: RUNS },
  );
}

test.each(['evict first', 'commit first', 'crash before evict'] as const)(
  'the checker finds what a cache that is evicted by messages gives out: %s',
  async (order) => {
    const { failed, errorInstance } = await checkCacheAside(order);
    expect(failed).toBe(true);
    expect(String(errorInstance)).toContain('is old');
  },
);
