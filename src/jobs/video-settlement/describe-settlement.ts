/** What a run of the settlement tells of money that was settled before. */
import type { DescribedExecution, ExecutionDescription } from '../../engine/describe-execution.ts';
import { changeLines, SETTLEMENT_CHANGES } from './settlement-changes.ts';

export function describeSettlement({ context }: DescribedExecution): ExecutionDescription {
  return {
    blocks: [{ title: 'changed', lines: changeLines(context[SETTLEMENT_CHANGES]) }],
    contextKeys: [SETTLEMENT_CHANGES],
  };
}
