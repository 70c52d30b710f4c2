/** The process: arguments in, exit code out. Started by settle.js, which has checked the version of Node. */
import { reportError } from '../src/cli/errors.ts';
import { honourNohup } from '../src/cli/hang-up.ts';
import { outputDrained } from '../src/cli/output/writer.ts';
import { main } from '../src/cli/program.ts';
import { platform } from '../src/platform.ts';

honourNohup();

async function last(error: unknown): Promise<void> {
  const exitCode = await reportError(error);
  await outputDrained();
  process.exit(exitCode);
}
process.on('uncaughtException', last);
process.on('unhandledRejection', last);

process.exitCode = await main(process.argv.slice(2), platform);
