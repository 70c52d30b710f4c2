/** What a run that publishes statistics tells of the rows of its date. */
import type { DescribedExecution, ExecutionDescription, VerdictCounts } from '../../../engine/describe-execution.ts';
import type { ContextValue } from '../../../engine/execution-context.ts';

/** Verdict -> rows, of this run and of the one that it replaced, out of the job's context. */
export function describeStatistics({ context }: DescribedExecution): ExecutionDescription {
  return {
    verdicts: verdictsIn(context.verdicts),
    verdictsBefore: verdictsIn(context.verdictsBefore),
    contextKeys: ['verdicts', 'verdictsBefore'],
  };
}

function verdictsIn(stored: ContextValue | undefined): VerdictCounts {
  if (typeof stored !== 'object') return {};
  const counts = Object.entries(stored).filter(([, count]) => typeof count === 'number' || typeof count === 'bigint');
  return Object.fromEntries(counts) as Record<string, number | bigint>;
}
