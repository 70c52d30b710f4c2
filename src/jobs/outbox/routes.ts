/** Which sink each topic goes to, by the environment, which has what the config file says. */
import { environment } from '../../environment.ts';
import { usageError } from '../../errors.ts';

const HINT =
  'SETTLE_SINKS, or `sinks` in the config file, is a URL for every topic, or {"TOPIC": "URL", "*": ["URL", "URL"]}; or give --sink URL to `settle relay`';

/** URLs by topic, one or several; `*` is every other topic. */
export type Routes = Readonly<Record<string, string | readonly string[]>>;

/** @throws SettleError (exit 2) when there are none */
export function sinkRoutes(flag: string | undefined): Routes {
  if (flag !== undefined) return { '*': flag };
  const text = environment().SETTLE_SINKS;
  if (text === undefined || text.trim() === '') throw usageError('no sink is configured', HINT);
  if (!/^[{[]/.test(text.trim())) return { '*': text.trim() };
  let routes: unknown;
  try {
    routes = JSON.parse(text);
  } catch {
    throw usageError('SETTLE_SINKS is neither a URL nor JSON', HINT);
  }
  const entries = Object.entries(Array.isArray(routes) ? { '*': routes } : (routes ?? {}));
  if (entries.length === 0 || !entries.every(([, urls]) => isRoute(urls)))
    throw usageError('SETTLE_SINKS names no sinks', HINT);
  return Object.fromEntries(entries);
}

function isRoute(urls: unknown): urls is Routes[string] {
  if (typeof urls === 'string') return true;
  return Array.isArray(urls) && urls.length > 0 && urls.every((url) => typeof url === 'string');
}

/** Signs what goes to HTTP sinks; undefined: unsigned. */
export function sinkSecret(): string | undefined {
  return environment().SETTLE_SINK_SECRET || undefined;
}
