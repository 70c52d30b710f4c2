/** Listeners of items, which change nothing: what they throw is logged. */
import type { Logger } from 'pino';
import type { ItemListeners } from './item-parts.ts';

type Listener = (...args: never[]) => void;

/** The same listeners, none of which throws. */
export function quietly<I>(listeners: ItemListeners<I> | undefined, logger: Logger): ItemListeners<I> | undefined {
  if (listeners === undefined) return undefined;
  const quiet = <F extends Listener>(listener: F | undefined): ((...args: Parameters<F>) => void) | undefined =>
    listener &&
    ((...args) => {
      try {
        // A promise of a listener that is async all the same.
        const result: unknown = listener.apply(listeners, args);
        if (result instanceof Promise) result.catch((err: unknown) => logFailure(logger, err));
      } catch (err) {
        logFailure(logger, err);
      }
    });
  const { onRead, onProcess, onWrite, onError, onRetry, onSkip } = listeners;
  return {
    onRead: quiet(onRead),
    onProcess: quiet(onProcess),
    onWrite: quiet(onWrite),
    onError: quiet(onError),
    onRetry: quiet(onRetry),
    onSkip: quiet(onSkip),
  };
}

function logFailure(logger: Logger, err: unknown): void {
  logger.error({ err }, 'a listener of items failed; what it was told of is not changed by that');
}
