/** The process: arguments in, exit code out. Started by settle.js, which has checked the version of Node. */
import { reportError } from '../src/cli/errors.ts';
import { honourNohup } from '../src/cli/hang-up.ts';
import { outputDrained } from '../src/cli/output/writer.ts';
import { main } from '../src/cli/program.ts';
import { projectPlatform } from '../src/cli/project/project-platform.ts';
import { platform } from '../src/platform.ts';

honourNohup();

async function last(error: unknown): Promise<void> {
  const exitCode = await reportError(error);
  await outputDrained();
  process.exit(exitCode);
}
process.on('uncaughtException', last);
process.on('unhandledRejection', last);

const args = process.argv.slice(2);
process.exitCode = await main(args, await projectPlatform(args, platform));
