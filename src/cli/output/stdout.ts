/** stdout is data: everything a command prints goes through here, and waits for a slow reader. */
import { stderrWriter, stdoutWriter } from './writer.ts';

/** Resolves also when it could not be written: how a command ends is decided by its work (program.ts). */
export async function print(text: string): Promise<void> {
  // Both lie on one screen, where a message that came first is read first.
  if (stdoutWriter.isTerminal) await stderrWriter.drained();
  stdoutWriter.write(text);
  await stdoutWriter.drained();
}

/** Whether what is printed from now on is lost, so that there is no use in making more of it. */
export function printingIsVain(): boolean {
  return stdoutWriter.failure !== undefined;
}
