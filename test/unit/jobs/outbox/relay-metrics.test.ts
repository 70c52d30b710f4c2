/** What a relay tells Prometheus: counters that only grow, by what it was told, of this process. */
import { expect, test } from 'vitest';
import { serveRelayMetrics } from '../../../../src/jobs/outbox/relay-metrics.ts';

const HERE = { host: '127.0.0.1', port: 0, isLoopback: true };

test('counts are those of the relay, and an address that is taken is refused in one line', async () => {
  const metrics = await serveRelayMetrics(HERE);
  metrics.count({ sent: 3, failed: 1, dead: 0 });
  metrics.count({ sent: 10, failed: 1, dead: 2 });
  metrics.problem();
  const text = await (await fetch(metrics.url)).text();
  expect(text).toMatch(/^settle_relay_messages_total\{outcome="sent"\} 10$/m);
  expect(text).toMatch(/^settle_relay_messages_total\{outcome="failed"\} 1$/m);
  expect(text).toMatch(/^settle_relay_messages_total\{outcome="dead"\} 2$/m);
  expect(text).toMatch(/^settle_relay_problems_total 1$/m);
  expect(text).toMatch(/^settle_relay_last_sent_timestamp_seconds 1\d{9}/m);
  const port = Number(new URL(metrics.url).port);
  await expect(serveRelayMetrics({ ...HERE, port })).rejects.toMatchObject({
    exitCode: 2,
    message: `cannot listen on 127.0.0.1:${port}: another program listens there`,
  });
  await metrics.close();
});
