/** What Prometheus is told of the caches and replicas of this process. */
import { Counter, Gauge, type Registry } from '@prometheus-io/client';
import type { Replica } from '../replicas/replica.ts';
import type { MemoryAnswers } from './memory-answers.ts';
import type { CacheResult, SharedAnswers } from './shared-answers.ts';

const BREAKER_STATES = ['closed', 'half-open', 'open'] as const;
const REPLICA_STATES = ['used', 'lagging', 'broken', 'gone', 'other'] as const;

export interface Observed {
  readonly memory: MemoryAnswers;
  readonly shared?: SharedAnswers;
  readonly replicas: readonly Replica[];
}

export class CacheMetrics {
  readonly #results = new Map<string, number>();
  readonly #reads = new Map<string, number>();

  noteResult(store: 'memory' | 'redis', result: CacheResult): void {
    const name = `${store} ${result}`;
    this.#results.set(name, (this.#results.get(name) ?? 0) + 1);
  }

  noteRead(server: 'primary' | 'replica'): void {
    this.#reads.set(server, (this.#reads.get(server) ?? 0) + 1);
  }

  /** Adds them to a registry, which reads them at each scrape. */
  register(registry: Registry, { memory, shared, replicas }: Observed): void {
    const registers = [registry];
    const [results, reads] = [this.#results, this.#reads];
    new Counter<'store' | 'result'>({
      name: 'settle_cache_requests_total',
      help: 'Answers that were looked for, by store (memory, redis) and result (hit, miss, passed_by).',
      labelNames: ['store', 'result'],
      registers,
      collect() {
        this.reset();
        for (const [name, count] of results) {
          const [store, result] = name.split(' ');
          this.inc({ store, result }, count);
        }
      },
    });
    new Counter<'server'>({
      name: 'settle_read_answers_total',
      help: 'Answers that were read from a database, by server (primary, replica).',
      labelNames: ['server'],
      registers,
      collect() {
        this.reset();
        for (const [server, count] of reads) this.inc({ server }, count);
      },
    });
    new Gauge({
      name: 'settle_cache_bytes',
      help: 'Bytes of answers in the memory of this process.',
      registers,
      collect() {
        this.set(memory.bytes);
      },
    });
    if (shared !== undefined) {
      new Gauge<'state'>({
        name: 'settle_cache_breaker',
        help: 'Whether Redis is asked: 1 for the state that holds (closed: it is, open: it is not, half-open: a probe).',
        labelNames: ['state'],
        registers,
        collect() {
          for (const state of BREAKER_STATES) this.set({ state }, shared.breaker.state === state ? 1 : 0);
        },
      });
    }
    if (replicas.length === 0) return;
    new Gauge<'replica'>({
      name: 'settle_replica_lag_seconds',
      help: 'Seconds that a replica is behind; none where nobody knows.',
      labelNames: ['replica'],
      registers,
      collect() {
        this.reset();
        for (const { name, lagSeconds } of replicas) {
          if (lagSeconds !== undefined) this.set({ replica: name }, lagSeconds);
        }
      },
    });
    new Gauge<'replica' | 'state'>({
      name: 'settle_replica_state',
      help: '1 for the state of a replica: used, lagging, broken, gone, or other (no copy of this database).',
      labelNames: ['replica', 'state'],
      registers,
      collect() {
        for (const replica of replicas) {
          for (const state of REPLICA_STATES)
            this.set({ replica: replica.name, state }, replica.state === state ? 1 : 0);
        }
      },
    });
  }
}
