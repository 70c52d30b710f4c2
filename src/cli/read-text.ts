/** Small files that are JSON: UTF-8, whoever saved them. */
import { usageError } from '../errors.ts';

/**
 * The text without a byte order mark, which editors put in front of it and JSON knows nothing of.
 * @throws SettleError (exit 2) for bytes that are not UTF-8
 */
export function decodeText(bytes: Buffer, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw usageError(`${name} is not UTF-8`, 'Save it as UTF-8.');
  }
}
