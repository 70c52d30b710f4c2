/** `settle/testing`: runs jobs in tests, and finds what they lose over a restart. */
export { type CheckRestartOptions, checkRestart, type RestartFault } from './check-restart.ts';
export { runInMemory, type TestRun, type TestRunOptions } from './run-in-memory.ts';
