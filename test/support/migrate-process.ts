/** `migrate` as a process of its own: waits for a line on stdin, then prints how many migrations it applied. */
import { once } from 'node:events';
import { openDatabase } from '../../src/database/open.ts';
import { migrate } from './migrate.ts';

const database = await openDatabase(process.argv[2]);
process.stdout.write('ready\n');
await once(process.stdin, 'data');
const applied = await migrate(database);
process.stdout.write(`${applied.length}\n`);
await database.close();
process.stdin.destroy();
