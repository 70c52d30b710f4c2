/** Which sink each topic goes to, by the environment, which has what the config file says. */
import { environment } from '../../environment.ts';
import { usageError } from '../../errors.ts';

const HINT =
  'SETTLE_SINKS, or `sinks` in the config file, is a URL for every topic, or {"TOPIC": "URL", "*": "URL"}; or give --sink URL to `settle relay`';

/** URLs by topic; `*` is every other topic. @throws SettleError (exit 2) when there are none */
export function sinkRoutes(flag: string | undefined): Readonly<Record<string, string>> {
  if (flag !== undefined) return { '*': flag };
  const text = environment().SETTLE_SINKS;
  if (text === undefined || text.trim() === '') throw usageError('no sink is configured', HINT);
  if (!text.trim().startsWith('{')) return { '*': text.trim() };
  let routes: unknown;
  try {
    routes = JSON.parse(text);
  } catch {
    throw usageError('SETTLE_SINKS is neither a URL nor JSON', HINT);
  }
  const entries = Object.entries(routes ?? {});
  if (entries.length === 0 || entries.some(([, url]) => typeof url !== 'string'))
    throw usageError('SETTLE_SINKS names no sinks', HINT);
  return Object.fromEntries(entries.map(([topic, url]) => [topic, String(url)]));
}

/** Signs what goes to HTTP sinks; undefined: unsigned. */
export function sinkSecret(): string | undefined {
  return environment().SETTLE_SINK_SECRET || undefined;
}
