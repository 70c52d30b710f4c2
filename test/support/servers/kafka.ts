/**
 * A real Kafka broker (KRaft, one node) of a test's own, where Java is there. Its jars come from Maven Central once, into a
 * cache of this user; SETTLE_TEST_KAFKA_LIB names a folder that has them already.
 */
import { execFile } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { findProgram } from './find-program.ts';
import { freePort, privateFolder, startProcess } from './private-process.ts';

const VERSION = '4.2.0';
/** A busy machine takes its time. */
const START_MS = 150_000;
const run = promisify(execFile);

/** Why there can be no broker here; undefined: there can. */
export function kafkaIsMissing(): string | undefined {
  if (findProgram('java') === undefined) return 'needs Java 17';
  if (jarFolder() === undefined && findProgram('mvn') === undefined) return 'needs Maven, or SETTLE_TEST_KAFKA_LIB';
  return undefined;
}

export async function startKafka(): Promise<{ readonly address: string; stop(): Promise<void> }> {
  const jars = join(jarFolder() ?? (await fetchJars()), '*');
  const folder = privateFolder('kafka');
  const [port, controller] = [await freePort(), await freePort()];
  const properties = join(folder, 'server.properties');
  const settings = {
    'process.roles': 'broker,controller',
    'node.id': 1,
    'controller.quorum.voters': `1@127.0.0.1:${controller}`,
    listeners: `PLAINTEXT://127.0.0.1:${port},CONTROLLER://127.0.0.1:${controller}`,
    'advertised.listeners': `PLAINTEXT://127.0.0.1:${port}`,
    'controller.listener.names': 'CONTROLLER',
    'inter.broker.listener.name': 'PLAINTEXT',
    'log.dirs': join(folder, 'data'),
    'num.partitions': 4,
    'offsets.topic.replication.factor': 1,
    'offsets.topic.num.partitions': 1,
    'transaction.state.log.replication.factor': 1,
    'transaction.state.log.min.isr': 1,
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name}=${value}\n`);
  writeFileSync(properties, lines.join(''));
  const java = ['-Xmx384m', '-cp', jars];
  const id = Buffer.from(`settle-test-${process.pid}`.padEnd(16, '0').slice(0, 16)).toString('base64url');
  await run('java', [...java, 'kafka.tools.StorageTool', 'format', '-t', id, '-c', properties]);
  const stop = await startProcess(folder, port, [findProgram('java')!, ...java, 'kafka.Kafka', properties], START_MS);
  return { address: `127.0.0.1:${port}`, stop };
}

function jarFolder(): string | undefined {
  const folders = [process.env.SETTLE_TEST_KAFKA_LIB, join(cacheFolder(), 'lib')];
  return folders.find(
    (folder) => folder && existsSync(folder) && readdirSync(folder).includes(`kafka_2.13-${VERSION}.jar`),
  );
}

async function fetchJars(): Promise<string> {
  const folder = cacheFolder();
  mkdirSync(folder, { recursive: true });
  const pom = join(folder, 'pom.xml');
  const dependency = `<dependency><groupId>org.apache.kafka</groupId><artifactId>kafka_2.13</artifactId><version>${VERSION}</version></dependency>`;
  writeFileSync(
    pom,
    `<project xmlns="http://maven.apache.org/POM/4.0.0"><modelVersion>4.0.0</modelVersion><groupId>settle.test</groupId><artifactId>broker</artifactId><version>1</version><dependencies>${dependency}</dependencies></project>`,
  );
  const copy = ['dependency:copy-dependencies', `-DoutputDirectory=${join(folder, 'lib')}`, '-DincludeScope=runtime'];
  await run('mvn', ['-q', '-B', '-f', pom, ...copy]);
  return join(folder, 'lib');
}

function cacheFolder(): string {
  return join(process.env.XDG_CACHE_HOME || join(homedir(), '.cache'), `settle-test-kafka-${VERSION}`);
}
