/** What the service is made of. */
import type { Logger } from 'pino';
import type { Registry } from '../cli/command-context.ts';
import type { Database } from '../database/database.ts';
import type { AccessOptions } from './access.ts';

export interface ServerOptions extends AccessOptions {
  readonly database: Database;
  readonly registry: Registry;
  readonly logger: Logger;
  /** IANA zone of business dates, for what names none. */
  readonly zone: string;
  readonly tls?: { readonly cert: string; readonly key: string };
  /** How the command line is started for an action: the program, and the arguments before those of the action. */
  readonly settleCommand: readonly string[];
}
