/** The process: arguments in, exit code out. Started by settle.js, which has checked the version of Node. */
import { reportError } from '../src/cli/errors.ts';
import { main } from '../src/cli/program.ts';

// A reader that has seen enough (`settle stats ... | head`) is no error.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0);
  throw error;
});

async function last(error: unknown): Promise<void> {
  process.exit(await reportError(error));
}
process.on('uncaughtException', last);
process.on('unhandledRejection', last);

process.exitCode = await main(process.argv.slice(2));
