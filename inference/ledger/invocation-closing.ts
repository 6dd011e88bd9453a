import type { InvocationRecord } from '#mongo/invocations.ts';

/** What closing a row sets. */
export type InvocationClosing = Pick<
  InvocationRecord,
  | 'status'
  | 'modelId'
  | 'providerId'
  | 'usage'
  | 'costNanos'
  | 'savedNanos'
  | 'unpriced'
  | 'cache'
  | 'latencyMs'
  | 'timeToFirstTokenMs'
  | 'errorCode'
  | 'error'
  | 'endedAt'
  | 'attempts'
  | 'guardrailVerdicts'
  | 'payloadUntil'
  | 'sizes'
> & {
  /** True where its process has not closed it itself. */
  orphaned?: true;
};
