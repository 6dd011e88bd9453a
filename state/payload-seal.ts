/** Seals texts for one owner. */
export interface PayloadSealer {
  /** `context` names the place that the text belongs to: it opens with the same words only. */
  seal(text: string, context: readonly string[]): string;
}

/** Opens what one key has sealed, whatever becomes of the key meanwhile. */
export interface PayloadOpener {
  /** Throws where it was sealed with another key or for another place, or was altered. */
  open(sealed: string, context: readonly string[]): string;
}

/** Seals payloads (what clients and AI models write) before they leave the process for a store that others may read. */
export interface PayloadSeal {
  /** What seals for this owner, a tenant. A promise only while its key is not in memory; it rejects where it cannot be had. */
  of(owner: string): PayloadSealer | Promise<PayloadSealer>;
  /** Throws, or rejects, where it was sealed with another key or for another place, or was altered. */
  open(sealed: string, context: readonly string[]): string | Promise<string>;
  /**
   * What opens this text and all others that were sealed with the same key, for the life of one reader: its key is not looked up again. A
   * promise only while the key is not in memory; throws, or rejects, as `open`.
   */
  findOpener(sealed: string): PayloadOpener | Promise<PayloadOpener>;
}
