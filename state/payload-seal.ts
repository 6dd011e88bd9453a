/**
 * Seals payloads (what clients and AI models write) before they leave the process for a store that others may read.
 * `context` names the place that a text belongs to: it opens with the same words only.
 */
export interface PayloadSeal {
  seal(text: string, context: readonly string[]): string;
  /** Throws where it was sealed with another key or for another place, or was altered. */
  open(sealed: string, context: readonly string[]): string;
}
