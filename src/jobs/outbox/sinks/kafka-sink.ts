/**
 * Messages to a Kafka topic by an idempotent producer. The record's key is the message's key; headers are those of
 * Debezium's outbox event router: id, aggregatetype, aggregateid, type.
 */
import { Producer, stringSerializers } from '@platformatic/kafka';
import { usageError } from '../../../errors.ts';
import type { Answer } from '../rules/deliver.ts';
import { CircuitBreaker } from './circuit-breaker.ts';
import { SEND_MS_MAX, type Sink } from './sink.ts';

/** @param url `kafka://HOST:PORT/TOPIC` */
export function kafkaSink(url: URL): Sink {
  const target = decodeURIComponent(url.pathname.slice(1));
  if (target === '') throw usageError('the Kafka sink names no topic', 'write kafka://HOST:PORT/TOPIC');
  const breaker = new CircuitBreaker();
  const producer = new Producer({
    clientId: 'settle-relay',
    bootstrapBrokers: [`${url.hostname}:${url.port || 9092}`],
    serializers: stringSerializers,
    idempotent: true,
    autocreateTopics: true,
    timeout: 5_000,
    connectTimeout: 2_000,
    retries: 1,
  });
  // Batches of one producer are numbered: one after the other.
  let turn: Promise<unknown> = Promise.resolve();
  const sendNow = async (messages: Parameters<Sink['send']>[0]): Promise<Answer> => {
    try {
      const sending = producer.send({
        messages: messages.map(({ id, topic, key, payload }) => ({
          topic: target,
          key,
          value: payload,
          headers: { id: String(id), aggregatetype: topic, aggregateid: key, type: topic },
        })),
        acks: -1,
      });
      sending.catch(() => {});
      await Promise.race([
        sending,
        new Promise((_done, reject) => setTimeout(reject, SEND_MS_MAX, new Error('time limit')).unref()),
      ]);
      return { kind: 'sent', text: `${messages.length} written` };
    } catch (error) {
      return { kind: 'unavailable', text: error instanceof Error ? error.message : String(error), retryAfterMs: 500 };
    }
  };
  return {
    name: `kafka://${url.host}/${target}`,
    send: (messages) => {
      const answer = turn.then(() => breaker.run(() => sendNow(messages)));
      turn = answer;
      return answer;
    },
    close: async () => {
      await producer.close(true);
    },
  };
}
