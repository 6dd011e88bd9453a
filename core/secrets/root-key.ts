import type { SealContext } from './secret-box.ts';

/**
 * The key above all others: it wraps the data keys that stored texts are sealed with. Promises:
 * - what one wrapped, it alone unwraps, for the same context, unaltered;
 * - wrapping the same key again makes another text;
 * - failures are RootKeyFailure, and their messages hold neither a key nor a credential;
 * - each call ends within seconds, also where the service behind it does not answer.
 * Deliberately absent: sealing texts with it, and making, listing or destroying root keys, which is their owner's task.
 */
export interface RootKey {
  /** Names the key without revealing it; it is stored beside what the key has wrapped. */
  readonly id: string;
  wrap(dataKey: Uint8Array, context: SealContext): Promise<string>;
  unwrap(wrapped: string, context: SealContext): Promise<Uint8Array>;
}

/** Why a root key did not wrap or unwrap. */
export class RootKeyFailure extends Error {
  /**
   * UNREACHABLE: it may succeed later. REFUSED: it will not, as the text was altered or wrapped by another key, or the key is
   * disabled, missing or not for this process. ABSENT: this process was started without it.
   */
  readonly reason: 'UNREACHABLE' | 'REFUSED' | 'ABSENT';

  constructor(reason: RootKeyFailure['reason'], message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'RootKeyFailure';
    this.reason = reason;
  }
}
