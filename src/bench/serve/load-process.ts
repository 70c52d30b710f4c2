/**
 * A load of autocannon in a process of its own: `node load-process.ts '{"url", "paths", "connections", "seconds"}'`. Prints what
 * came of it as JSON. The first seconds are not measured.
 */
import autocannon from 'autocannon';
import type { Load, LoadOptions } from './load-types.ts';

const WARM_SECONDS = 2;
/** autocannon writes each connection's requests before it opens it: a thousand for each of a thousand would take it 20 s. */
const PATHS_A_CONNECTION = 10;

const options: LoadOptions = JSON.parse(process.argv[2]);
const { answers } = await shoot(WARM_SECONDS);
const { answers: _, ...measured } = await shoot(options.seconds);
console.log(JSON.stringify({ ...measured, warm: answers } satisfies Load));

async function shoot(seconds: number): Promise<Omit<Load, 'warm'> & { readonly answers: number }> {
  const times: number[] = [];
  let wrong = 0;
  let from = 0;
  const nextPaths = () => {
    const { paths } = options;
    const count = Math.min(PATHS_A_CONNECTION, paths.length);
    from += count;
    return Array.from({ length: count }, (_, n) => paths[(from - count + n) % paths.length]);
  };
  const { errors, duration } = await new Promise<autocannon.Result>((resolve, reject) => {
    const asked = {
      url: options.url,
      connections: options.connections,
      duration: seconds,
      timeout: 30,
      requests: [{ path: options.paths[0] }],
      setupClient: (client: autocannon.Client) => client.setRequests(nextPaths().map((path) => ({ path }))),
    };
    const instance = autocannon(asked, (error, result) => (error ? reject(error) : resolve(result)));
    instance.on('response', (_client, status, _bytes, milliseconds) => {
      times.push(milliseconds);
      if (status !== 200) wrong++;
    });
  });
  times.sort((a, b) => a - b);
  const at = (share: number) => times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0;
  return {
    answers: times.length,
    perSecond: times.length / duration,
    p50: at(0.5),
    p95: at(0.95),
    p99: at(0.99),
    slowest: at(1),
    errors: errors + wrong,
  };
}
