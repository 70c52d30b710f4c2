/**
 * Finds a reader that gives an item again which is committed: one that does not note in `saveState` where to go on, or does
 * not go there in `open`. Digests of the first and the last committed item lie in the execution context; the items of the
 * first chunk after a restart are looked at.
 */
import { createHash } from 'node:crypto';
import type { ExecutionContext } from '../engine/execution-context.ts';
import { ExitCode, SettleError } from '../errors.ts';

const FIRST_ITEM = 'item.first';
const LAST_ITEM = 'item.last';

/** How an item is known again. */
export interface ItemIdentity<I> {
  keyOf(item: I): string;
  /** Its contents as text: two items may have one key. */
  payloadOf(item: I): string;
}

export class RepeatedItems<I> {
  readonly #stepName: string;
  readonly #identity: ItemIdentity<I>;
  readonly #committed: ReadonlySet<string>;
  #first: string | undefined;
  #isChecked = false;

  constructor(
    { stepName, executionContext }: { readonly stepName: string; readonly executionContext: ExecutionContext },
    identity: ItemIdentity<I>,
  ) {
    this.#stepName = stepName;
    this.#identity = identity;
    this.#first = executionContext.getString(FIRST_ITEM);
    const known = [this.#first, executionContext.getString(LAST_ITEM)];
    this.#committed = new Set(known.filter((one) => one !== undefined));
  }

  /** @throws SettleError READER_REPEATS */
  requireNew(items: readonly I[]): void {
    if (items.length === 0 || this.#isChecked) return;
    this.#isChecked = true;
    this.#first ??= this.#markOf(items[0]);
    if (this.#committed.size === 0) return;
    const repeats = items.find((item) => this.#committed.has(this.#markOf(item)));
    if (repeats !== undefined) throw repeated(this.#stepName, this.#identity.keyOf(repeats));
  }

  saveState(executionContext: ExecutionContext, last: I): void {
    if (this.#first !== undefined) executionContext.put(FIRST_ITEM, this.#first);
    executionContext.put(LAST_ITEM, this.#markOf(last));
  }

  #markOf(item: I): string {
    const { keyOf, payloadOf } = this.#identity;
    return createHash('sha256')
      .update(`${keyOf(item)}\0${payloadOf(item)}`)
      .digest('base64url');
  }
}

function repeated(stepName: string, key: string): SettleError {
  return new SettleError(
    'READER_REPEATS',
    ExitCode.usage,
    `step ${stepName}: the reader gave item ${key} again, which is committed`,
    { hint: 'its saveState must note where to go on, and its open go there' },
  );
}
