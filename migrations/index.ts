/**
 * Every migration, in order. To add one: write `migrations/NNNN_what_it_makes.ts` (one DDL statement, safe to run
 * again: see migration.ts) that exports `migration`, import it here and put it at the end of its block. The engine's
 * tables are 00xx, the domain's 01xx, the ledger's 02xx, what guards it 07xx. A released migration is never changed or removed.
 */
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
import { migration as viewLog } from './0101_view_log.ts';
import { migration as video } from './0102_video.ts';
import { migration as videoDailyStats } from './0103_video_daily_stats.ts';
import { migration as settleZone } from './0104_settle_zone.ts';
import { migration as settleZoneMap } from './0105_settle_zone_map.ts';
import { migration as settlePartial } from './0106_settle_partial.ts';
import { migration as settlePartialVerdicts } from './0107_settle_partial_verdicts.ts';
import { migration as settlePartitionState } from './0108_settle_partition_state.ts';
import { migration as settleQuarantineStaged } from './0109_settle_quarantine_staged.ts';
import { migration as settleQuarantine } from './0110_settle_quarantine.ts';
import { migration as settleStatisticsRun } from './0111_settle_statistics_run.ts';
import { migration as settleRanking } from './0112_settle_ranking.ts';
import { migration as settleLock } from './0113_settle_lock.ts';
import { migration as settleAccount } from './0201_settle_account.ts';
import { migration as settleJournal } from './0202_settle_journal.ts';
import { migration as settleEntry } from './0203_settle_entry.ts';
import { migration as settleLot } from './0204_settle_lot.ts';
import { migration as settleConsumption } from './0205_settle_consumption.ts';
import { migration as settleLedgerHead } from './0206_settle_ledger_head.ts';
import { migration as settleLedgerStart } from './0207_settle_ledger_start.ts';
import { migration as settleRateCard } from './0301_settle_rate_card.ts';
import { migration as settleVideoSettlement } from './0302_settle_video_settlement.ts';
import { migration as settleSettlementAdjustment } from './0303_settle_settlement_adjustment.ts';
import { migration as settleSettlementDate } from './0304_settle_settlement_date.ts';
import { migration as settleCreatorCredit } from './0305_settle_creator_credit.ts';
import { migration as settleSettlementLock } from './0306_settle_settlement_lock.ts';
import { migration as settleVideoCount } from './0307_settle_video_count.ts';
import { migration as settleVideoCountPeriod } from './0308_settle_video_count_period.ts';
import { migration as challenge } from './0401_challenge.ts';
import { migration as challengeMember } from './0402_challenge_member.ts';
import { migration as challengeProof } from './0403_challenge_proof.ts';
import { migration as settleChallenge } from './0404_settle_challenge.ts';
import { migration as settlePayout } from './0405_settle_payout.ts';
import { migration as settleOutbox } from './0406_settle_outbox.ts';
import { migration as settleOutboxNext } from './0407_settle_outbox_next.ts';
import { migration as settleOutboxFirst } from './0408_settle_outbox_first.ts';
import { migration as settleViewAmount } from './0501_settle_view_amount.ts';
import { migration as batchJobExecutionParamsKey } from './0601_batch_job_execution_params_key.ts';
import { migration as batchStepExecutionSeqKey } from './0602_batch_step_execution_seq_key.ts';
import { migration as batchJobExecutionSeqKey } from './0603_batch_job_execution_seq_key.ts';
import { migration as batchJobInstanceSeqKey } from './0604_batch_job_instance_seq_key.ts';
import { migration as batchSequences } from './0620_batch_sequences.ts';
import { migration as zoneNames } from './0630_zone_names.ts';
import { migration as sqliteIntegers } from './0640_sqlite_integers.ts';
import { migration as settleLeaseDuration } from './0650_settle_lease_duration.ts';
import { migration as settleLedgerIntegers } from './0701_settle_ledger_integers.ts';
import { migration as settleAppendOnly } from './0702_settle_append_only.ts';
import { migration as settleRecords } from './0703_settle_records.ts';
import { migration as statisticsRunLogEnd } from './0751_statistics_run_log_end.ts';
import { migration as settleLedgerVerification } from './0760_settle_ledger_verification.ts';
import type { Migration } from './migration.ts';

export const migrations: readonly Migration[] = [
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
  viewLog,
  video,
  videoDailyStats,
  settleZone,
  settleZoneMap,
  settlePartial,
  settlePartialVerdicts,
  settlePartitionState,
  settleQuarantineStaged,
  settleQuarantine,
  settleStatisticsRun,
  settleRanking,
  settleLock,
  settleAccount,
  settleJournal,
  settleEntry,
  settleLot,
  settleConsumption,
  settleLedgerHead,
  settleLedgerStart,
  settleRateCard,
  settleVideoSettlement,
  settleSettlementAdjustment,
  settleSettlementDate,
  settleCreatorCredit,
  settleSettlementLock,
  settleVideoCount,
  settleVideoCountPeriod,
  challenge,
  challengeMember,
  challengeProof,
  settleChallenge,
  settlePayout,
  settleOutbox,
  settleOutboxNext,
  settleOutboxFirst,
  settleViewAmount,
  batchJobExecutionParamsKey,
  batchStepExecutionSeqKey,
  batchJobExecutionSeqKey,
  batchJobInstanceSeqKey,
  batchSequences,
  zoneNames,
  sqliteIntegers,
  settleLeaseDuration,
  settleLedgerIntegers,
  settleAppendOnly,
  settleRecords,
  statisticsRunLogEnd,
  settleLedgerVerification,
];
