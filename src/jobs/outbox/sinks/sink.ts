import type { Answer } from '../rules/deliver.ts';
import type { Message } from '../rules/message.ts';

/** No send takes longer: a lane's lease outlasts it. */
export const SEND_MS_MAX = 10_000;

/** Where messages go. */
export interface Sink {
  /** For people: without credentials. */
  readonly name: string;
  /** Sends all or nothing, within `SEND_MS_MAX`. Never rejects: whatever happens is an answer. */
  send(messages: readonly Message[]): Promise<Answer>;
  close(): Promise<void>;
}
