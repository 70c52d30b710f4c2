/**
 * The toy job as a process of its own: `run-toy.ts URL OPTIONS`, OPTIONS being ToyOptions and `leaseMs` as JSON. Says
 * `ready`; for each date on a line of stdin runs the job and says `= ` and the outcome, or the code of the error. Says
 * `advanced` after each commit, and `resized` when a partition has given up a part.
 */
import { createInterface } from 'node:readline';
import { openDatabase } from '../../../src/database/open.ts';
import { isSettleError } from '../../../src/errors.ts';
import { runJob } from '../../../src/steps/run-job.ts';
import { toyJob } from './toy-job.ts';

const [url, optionsText] = process.argv.slice(2);
const { leaseMs, workers, remote, ...options } = JSON.parse(optionsText);
const database = await openDatabase(url);
process.stdout.write('ready\n');
for await (const date of createInterface(process.stdin)) {
  try {
    const { outcome } = await runJob(
      database,
      toyJob(options),
      { date },
      {
        workers,
        leaseMs,
        remote,
        progress: (event) => {
          if (event.type === 'advanced') process.stdout.write('advanced\n');
          if (event.type === 'partition-resized') process.stdout.write('resized\n');
        },
      },
    );
    process.stdout.write(`= ${outcome}\n`);
  } catch (error) {
    process.stdout.write(`= ${isSettleError(error) ? error.code : String(error)}\n`);
  }
}
await database.close();
