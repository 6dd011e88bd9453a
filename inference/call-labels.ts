import type { Caller } from '#core/caller.ts';

/** The request that a call came with: our id, the client's own, and who sent it. */
export interface CallOrigin {
  readonly requestId: string;
  readonly clientRequestId: string | null;
  readonly caller: Caller;
  /** The address of the client; null: not known. */
  readonly clientAddress: string | null;
}

/**
 * What a call is found by in the ledger. Kept on the row only: not sent to a provider, and no part of what the cache or
 * an idempotency key compares, since the answer does not depend on it.
 */
export interface CallLabels extends Omit<CallOrigin, 'caller' | 'clientAddress'> {
  readonly endUserId: string | null;
  /** Absent: the client named none, or no content of the call is kept. */
  readonly conversationId?: string;
  readonly tags: readonly string[];
  /** The network that an API key called from; absent: not known, or a call of a person or an end user. */
  readonly clientNetwork?: string;
  /** NONE: no content of the call is kept, by its own choice or by the payload rule of its tenant. */
  readonly retention?: 'NONE';
  /** The payload rule of its tenant; absent: none that keeps something, or no content of the call is kept. */
  readonly payloadLogging?: 'METADATA' | 'FULL';
}
