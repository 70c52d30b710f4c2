/** A Kafka topic of the bench's own: made before a case begins, and how many records it has. */
import { Admin } from '@platformatic/kafka';

const PARTITIONS = 4;
const LATEST = -1n;

/** @param broker HOST:PORT. Rejects where no broker answers; resolves to no reason against it. */
export async function makeTopic(broker: string, topic: string): Promise<undefined> {
  await withAdmin(broker, async (admin) => {
    const topics = await admin.listTopics();
    if (!topics.includes(topic)) await admin.createTopics({ topics: [topic], partitions: PARTITIONS, replicas: 1 });
  });
}

/** What was ever written to it. */
export async function countRecords(broker: string, topic: string): Promise<number> {
  return await withAdmin(broker, async (admin) => {
    const partitions = Array.from({ length: PARTITIONS }, (_, at) => ({ partitionIndex: at, timestamp: LATEST }));
    const [found] = await admin.listOffsets({ topics: [{ name: topic, partitions }] });
    return found.partitions.reduce((sum, { offset }) => sum + Number(offset), 0);
  });
}

async function withAdmin<T>(broker: string, work: (admin: Admin) => Promise<T>): Promise<T> {
  const admin = new Admin({ clientId: 'settle-bench', bootstrapBrokers: [broker], retries: 5, timeout: 10_000 });
  try {
    return await work(admin);
  } finally {
    await admin.close();
  }
}
