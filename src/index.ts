/**
 * The library: what a person needs to write and run jobs of their own (docs/writing-a-job.md). Whatever is not
 * exported here may change without notice.
 */
export { engineMigrations } from '../migrations/engine/index.ts';
export type { Change, Fact, Migration, MigrationDialect } from '../migrations/migration.ts';
export { outboxMigrations } from '../migrations/outbox/index.ts';
export { ColumnBatch, type ColumnSpec, type Int64Column, integerAt } from './database/column-batch.ts';
export type { Database, Executor, Transaction } from './database/database.ts';
export type { DialectName, InsertTarget } from './database/dialect.ts';
export type { MigrationStatus } from './database/migrate.ts';
export { type OpenOptions, openDatabase } from './database/open.ts';
export type { Integer, SqlValue } from './database/values.ts';
export { defineConfig, type ModulePath, type SettleConfig, type TableMapping } from './define/config.ts';
export {
  defineJob,
  type JobElement,
  type JobOptions,
  type StepOptions,
  type StepScope,
  step,
  task,
} from './define/define-job.ts';
export { file } from './define/file-parameter.ts';
export { type IdRange, type IdRangesOptions, idRanges, listOf, type Partitions, queryOf } from './define/partitions.ts';
export type { ChunkSize, TimedChunkSize } from './engine/chunk-size.ts';
export { type ContextValue, ExecutionContext } from './engine/execution-context.ts';
export type { Decision, DecisionScope, FlowElement, JobDefinition, Split } from './engine/job.ts';
export type { JobEvent, JobListeners, StepListeners } from './engine/listeners.ts';
export { abandonExecution, recoverExecutions, requestStop } from './engine/operate.ts';
export { type JobParameter, JobParameters, type ParameterDefinition, type ParameterType } from './engine/parameters.ts';
export { parseParameters } from './engine/parse-parameters.ts';
export type { ProgressEvent, ProgressSink } from './engine/progress.ts';
export { type PurgeOptions, type PurgeResult, purge } from './engine/purge.ts';
export { type BackOff, defaultRetryPolicy, type RetryPolicy } from './engine/retry-policy.ts';
export type {
  ErrorKind,
  ErrorTest,
  ItemRetry,
  RetryEvent,
  SkipPhase,
  SkipPolicy,
  SkippedRecord,
} from './engine/skip-policy.ts';
export type {
  AccumulatingHandlers,
  BindScope,
  BoundValues,
  Chunk,
  ChunkHandlers,
  ChunkStep,
  ItemChunk,
  ItemFaults,
  PartitionContext,
  PartitionedStep,
  PartitionPlan,
  PartitionWorker,
  PlannedPartition,
  Processed,
  RangeCut,
  Stealing,
  Step,
  StepCounts,
  StepHandlers,
  StepReport,
  TaskletStep,
} from './engine/step.ts';
export type { RunOptions, StepContext } from './engine/step-context.ts';
export type { Transition } from './engine/transition.ts';
export {
  date,
  double,
  long,
  optional,
  type ParameterOptions,
  type TypedParameter,
  type TypedParameters,
  text,
  type ValuesOf,
} from './engine/typed-parameters.ts';
export { ExitCode, isSettleError, planOutdated, SettleError, usageError } from './errors.ts';
export { classify, compositeWriter } from './items/composite-writer.ts';
export type { FileFormat, FixedField } from './items/file-formats.ts';
export { type FileReaderOptions, fileReader } from './items/file-reader.ts';
export { type FileTotals, type FileWriterOptions, fileWriter } from './items/file-writer.ts';
export { listReader } from './items/list-reader.ts';
export { pipe } from './items/pipe.ts';
export type { PlainRow } from './items/plain-rows.ts';
export { type QueryReaderOptions, queryReader } from './items/query-reader.ts';
export { type TableReaderOptions, type TableRowsOptions, tableReader } from './items/table-reader.ts';
export { tableWriter, type WriteTarget } from './items/table-writer.ts';
export { type PostingResult, postCoveredJournals, postJournals } from './ledger/post-journals.ts';
export { reverseJournal } from './ledger/reverse-journal.ts';
export type {
  AccountRef,
  AccountType,
  EntryRequest,
  JournalRequest,
  LotTerms,
  PostedJournal,
  PostingContext,
  RejectedJournal,
} from './ledger/types.ts';
export { type LedgerVerification, type VerifyOptions, verifyLedger } from './ledger/verify-ledger.ts';
export { type MainOptions, main } from './main.ts';
export { type Notification, postToOutbox } from './outbox/post-to-outbox.ts';
export { type HeldLock, type LockOptions, withLock } from './redis/lock.ts';
export { getJobExecution, lastJobExecution, listJobExecutions } from './repository/job-execution.ts';
export { listJobParameters } from './repository/job-parameters.ts';
export { listPartitions } from './repository/partition.ts';
export { listStepExecutions } from './repository/step-execution.ts';
export type { BatchStatus, JobExecution, PartitionProgress, StepExecution } from './repository/types.ts';
export { migrate, migrationStatus, requireCurrentSchema } from './schema.ts';
export {
  type ItemCall,
  type ItemFailure,
  type ItemListeners,
  type ItemProcessor,
  type ItemReader,
  type ItemStepOptions,
  type ItemStepParts,
  type ItemWriter,
  itemPartition,
  itemStep,
} from './steps/item-step.ts';
export { type JobStepOptions, jobStep } from './steps/job-step.ts';
export { type ReplayOptions, type ReplayResult, replaySkipped } from './steps/replay.ts';
export { type JobRunResult, type RunJobOptions, runJob } from './steps/run-job.ts';
