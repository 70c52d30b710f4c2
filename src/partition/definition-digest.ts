/**
 * What a worker must have in common with the run whose partitions it takes: the program, and the job as it is defined. As
 * a digest of files and structure, so that two builds of one version are told apart.
 */
import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { allSteps, type JobDefinition } from '../engine/job.ts';
import type { PartitionedStep } from '../engine/step.ts';
import { version } from '../version.ts';

let program: Promise<string> | undefined;

/** 64 characters. What the job's own modules import besides is not looked at. */
export async function definitionDigest(job: JobDefinition, step: PartitionedStep): Promise<string> {
  return await digest(job, step.name, codeOf(step.workerModule));
}

/** As `definitionDigest`, of the job as a whole: what a worker must have in common with whoever asks for a run of it. */
export async function jobDigest(job: JobDefinition): Promise<string> {
  const modules = allSteps(job).flatMap((step) => (step.kind === 'partitioned' ? codeOf(step.workerModule) : []));
  return await digest(job, undefined, [...new Set(modules)]);
}

async function digest(job: JobDefinition, step: string | undefined, modules: readonly string[]): Promise<string> {
  program ??= digestProgram();
  const hash = createHash('sha256');
  hash.update(
    JSON.stringify({
      version: version(),
      program: await program,
      job: job.name,
      parameters: job.parameters.map(({ name, type, identifying }) => [name, type, identifying]),
      steps: allSteps(job).map(({ name, kind }) => [name, kind]),
      step,
    }),
  );
  for (const file of modules) hash.update(await readFile(file));
  return hash.digest('hex');
}

/** The worker's module, and the job's own where that one names it. */
function codeOf(module: URL): string[] {
  const named = [module.href.split('?')[0], ...module.searchParams.values()].filter((text) => text.startsWith('file:'));
  return named.map((text) => fileURLToPath(text.split('?')[0]));
}

/** Of every file of code that this program consists of, WebAssembly included, by its name below the root. */
async function digestProgram(): Promise<string> {
  const root = fileURLToPath(new URL('..', import.meta.url));
  const kinds = new Set(['.wasm', extname(fileURLToPath(import.meta.url))]);
  const entries = await readdir(root, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile() && kinds.has(extname(entry.name)));
  const paths = files.map(({ parentPath, name }) => join(parentPath, name)).sort();
  const hash = createHash('sha256');
  for (const path of paths) {
    hash.update(path.slice(root.length));
    hash.update(await readFile(path));
  }
  return hash.digest('hex');
}
