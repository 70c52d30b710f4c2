/** The options of `settle run` that stand for the parameters of jobs of a business date. */
import type { ParameterOption } from '../cli/platform-options.ts';

export const dateOptions: readonly ParameterOption[] = [
  {
    flags: '--date <date>',
    description: 'business date, YYYY-MM-DD',
    parameter: 'date',
    isBusinessDate: true,
    canonical: async (text) => (await import('../rules/business-time.ts')).parseBusinessDate(text),
  },
  {
    flags: '--zone <zone>',
    description: 'IANA time zone of the business date (default: Asia/Seoul)',
    parameter: 'zone',
    canonical: async (text) => (await import('../rules/business-time.ts')).requireZone(text),
    fromSettings: ({ zone }) => zone,
  },
  {
    flags: '--early',
    description: 'settle a date before its end; the next plain start computes it again',
    parameter: 'early',
    value: 'allow',
    absent: { problem: 'has no date whose end it waits for', hint: 'leave --early out' },
  },
  {
    flags: '--repair',
    description: 'set issued sets and stock counters right in Redis where they differ from what is settled',
    parameter: 'repair',
    value: 'redis',
    absent: { problem: 'compares nothing with Redis', hint: 'leave --repair out' },
  },
];
