/** The jobs that publish `job.finished` when they end; Markdown of docs/events.md. */
export const finishedJobs = {
  ERASURE: 'an [erasure](erasure.md)',
  LEGAL_HOLD: 'the first pass of a [legal hold](erasure.md#legal-hold) over the calls',
  LEGAL_HOLD_RELEASE: 'the release of a legal hold',
  USAGE_EXPORT: 'an [export of usage](usage.md#exports)',
  RESEAL: '[`reseal`](security.md#the-root-key), which seals with the current key',
  AUDIT_RETENTION: 'a pass that removes records of the audit log [after their time](audit.md#retention)',
} as const;

export type FinishedJobName = keyof typeof finishedJobs;

/** All of them, each with its name, in one line of Markdown. */
export const finishedJobsText: string = Object.entries(finishedJobs)
  .map(([name, words]) => `${words} (\`${name}\`)`)
  .join(', ');
