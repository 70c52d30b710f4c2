/** The tables of the engine: what any job needs, of the platform or not. In the order of their numbers. */

import type { Migration } from '../migration.ts';
import { migration as batchJobInstance } from './0001_batch_job_instance.ts';
import { migration as batchJobExecution } from './0002_batch_job_execution.ts';
import { migration as batchJobExecutionParams } from './0003_batch_job_execution_params.ts';
import { migration as batchStepExecution } from './0004_batch_step_execution.ts';
import { migration as batchStepExecutionContext } from './0005_batch_step_execution_context.ts';
import { migration as batchJobExecutionContext } from './0006_batch_job_execution_context.ts';
import { migration as batchStepExecutionSeq } from './0007_batch_step_execution_seq.ts';
import { migration as batchJobExecutionSeq } from './0008_batch_job_execution_seq.ts';
import { migration as batchJobInstanceSeq } from './0009_batch_job_instance_seq.ts';
import { migration as settleLease } from './0010_settle_lease.ts';
import { migration as settleFence } from './0011_settle_fence.ts';
import { migration as settlePartitionPlan } from './0012_settle_partition_plan.ts';
import { migration as settlePartition } from './0013_settle_partition.ts';
import { migration as settleSkipped } from './0014_settle_skipped.ts';
import { migration as settleLock } from './0113_settle_lock.ts';
import { migration as batchJobExecutionParamsKey } from './0601_batch_job_execution_params_key.ts';
import { migration as batchStepExecutionSeqKey } from './0602_batch_step_execution_seq_key.ts';
import { migration as batchJobExecutionSeqKey } from './0603_batch_job_execution_seq_key.ts';
import { migration as batchJobInstanceSeqKey } from './0604_batch_job_instance_seq_key.ts';
import { migration as batchSequences } from './0620_batch_sequences.ts';
import { migration as settleLeaseDuration } from './0650_settle_lease_duration.ts';
import { migration as settleClaim } from './0801_settle_claim.ts';
import { migration as settleMapping } from './0900_settle_mapping.ts';
import { migration as settleStepProgress } from './0960_settle_step_progress.ts';
import { migration as settlePartitionClaim } from './0970_settle_partition_claim.ts';
import { migration as settleOffer } from './0971_settle_offer.ts';
import { migration as settleRequest } from './0985_settle_request.ts';

export const engineMigrations: readonly Migration[] = [
  batchJobInstance,
  batchJobExecution,
  batchJobExecutionParams,
  batchStepExecution,
  batchStepExecutionContext,
  batchJobExecutionContext,
  batchStepExecutionSeq,
  batchJobExecutionSeq,
  batchJobInstanceSeq,
  settleLease,
  settleFence,
  settlePartitionPlan,
  settlePartition,
  settleSkipped,
  settleLock,
  batchJobExecutionParamsKey,
  batchStepExecutionSeqKey,
  batchJobExecutionSeqKey,
  batchJobInstanceSeqKey,
  batchSequences,
  settleLeaseDuration,
  settleClaim,
  settleMapping,
  settleStepProgress,
  settlePartitionClaim,
  settleOffer,
  settleRequest,
];
