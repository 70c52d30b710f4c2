/** Finds what is wrong with a job definition before anything of it runs. */
import { allSteps, type JobDefinition } from './job.ts';
import { REVISION } from './parse-parameters.ts';

const ENDS = ['end', 'fail', 'stop'];
const NAME = /^[a-z][a-z0-9]*(-[a-z0-9]+)*$/;
/** JOB_NAME and STEP_NAME hold 100 characters; a partition's row adds `:` and its number to the step's name. */
const JOB_NAME_LENGTH_MAX = 100;
const STEP_NAME_LENGTH_MAX = 90;
const PARAMETER_NAME_LENGTH_MAX = 100;

/** Throws an Error (a fault in the program, not of its user) for a definition that the engine could not keep. */
export function requireValidJob(job: JobDefinition): void {
  const others = job.steps.filter(({ kind }) => kind === 'split' || kind === 'decision');
  const names = [...allSteps(job), ...others].map(({ name }) => name);
  const parameters = job.parameters.map((parameter) => parameter.name);
  if (!NAME.test(job.name) || job.name.length > JOB_NAME_LENGTH_MAX) fail(job, 'its name must be lower-case words');
  if (allSteps(job).length === 0) fail(job, 'it has no step');
  for (const name of names) {
    if (!NAME.test(name) || name.length > STEP_NAME_LENGTH_MAX) fail(job, `the step name ${name} cannot be stored`);
  }
  if (new Set(names).size < names.length) fail(job, 'two steps have the same name');
  if (job.countedStep !== undefined && !allSteps(job).some(({ name }) => name === job.countedStep)) {
    fail(job, `${job.countedStep}, whose rows count, is no step`);
  }
  requireValidFlow(job);
  if (new Set(parameters).size < parameters.length) fail(job, 'two parameters have the same name');
  if (parameters.some((name) => name.length > PARAMETER_NAME_LENGTH_MAX)) fail(job, 'a parameter name is too long');
  if (parameters.includes(REVISION)) fail(job, `the parameter ${REVISION} is the engine's own`);
}

/** A transition leads forward: a flow without loops ends, and a restart takes the same way again. */
function requireValidFlow(job: JobDefinition): void {
  for (const [index, element] of job.steps.entries()) {
    if (element.kind === 'split') {
      if (element.flows.flat().some(({ next }) => next !== undefined))
        fail(job, 'a step within a split decides nothing');
    }
    for (const { to, restartAt } of element.next ?? []) {
      for (const target of [to, ...(restartAt === undefined ? [] : [restartAt])]) {
        if (ENDS.includes(target)) continue;
        const isFurtherOn = job.steps.slice(index + 1).some(({ name }) => name === target);
        if (!isFurtherOn) fail(job, `${target}, where ${element.name} leads, is no step further on`);
      }
    }
  }
}

function fail(job: JobDefinition, reason: string): never {
  throw new Error(`the definition of the job ${JSON.stringify(job.name)} is wrong: ${reason}`);
}
