/** What the service is made of. */

import type { Registry as MetricsRegistry } from '@prometheus-io/client';
import type { Logger } from 'pino';
import type { Registry } from '../cli/command-context.ts';
import type { Database } from '../database/database.ts';
import type { AccessOptions } from './access.ts';
import type { ReadAnswers } from './cache/read-answers.ts';

export interface ServerOptions extends AccessOptions {
  readonly database: Database;
  readonly registry: Registry;
  /** What the routes of statistics and rankings answer from. */
  readonly answers: ReadAnswers;
  /** Adds metrics of what stands behind `answers`. */
  observe(metrics: MetricsRegistry): void;
  /** Of the Redis by which posted views are checked; undefined: they are taken unchecked. */
  readonly redisUrl: string | undefined;
  readonly logger: Logger;
  /** IANA zone of business dates, for what names none. */
  readonly zone: string;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How the command line is started for an action: the program, and the arguments before those of the action. */
  readonly settleCommand: readonly string[];
}
