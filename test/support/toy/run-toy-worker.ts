/**
 * A worker of the toy job as a process of its own: `run-toy-worker.ts URL OPTIONS`, OPTIONS being ToyOptions and `leaseMs`
 * as JSON. Says `ready`, then `taken` for each partition, `run taken` for each run, and at its end `= ` and how many
 * partitions it completed.
 */
import { pino } from 'pino';
import { openDatabase } from '../../../src/database/open.ts';
import { runWorker } from '../../../src/steps/find-work.ts';
import { toyJob } from './toy-job.ts';

const [url, optionsText] = process.argv.slice(2);
const { leaseMs, ...options } = JSON.parse(optionsText);
const database = await openDatabase(url);
const stop = new AbortController();
process.on('SIGTERM', () => stop.abort('SIGTERM'));
const logger = pino(
  {},
  {
    write: (line) => {
      const { msg } = JSON.parse(line);
      if (msg === 'partition taken') process.stdout.write('taken\n');
      else if (msg === 'run taken') process.stdout.write('run taken\n');
      else if (!/^partition (completed|given back)/.test(msg)) process.stdout.write(`log ${line}`);
    },
  },
);
process.stdout.write('ready\n');
const { completed } = await runWorker(database, {
  threads: 2,
  until: 'stopped',
  jobNamed: async () => toyJob(options),
  signal: stop.signal,
  logger,
  leaseMs,
});
process.stdout.write(`= ${completed}\n`);
await database.close();
