/** A load on `settle serve`, from a process of its own. */
import { fileURLToPath } from 'node:url';
import { runProcess } from '../run-process.ts';
import type { Load, LoadOptions } from './load-types.ts';

export async function load(options: LoadOptions): Promise<Load> {
  const program = fileURLToPath(new URL('./load-process.ts', import.meta.url));
  const { stdout } = await runProcess(process.execPath, [program, JSON.stringify(options)], { label: 'autocannon' });
  return JSON.parse(stdout.trim().split('\n').at(-1) ?? '') as Load;
}

/** Whether autocannon is installed: it comes with a checkout, not with the package. */
export async function whyNoLoad(): Promise<string | undefined> {
  try {
    await import('autocannon');
    return undefined;
  } catch {
    return 'autocannon is not installed: it comes with a checkout of settle';
  }
}
