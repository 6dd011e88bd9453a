import { completionKeptMs } from '#mongo/completions.ts';
import type { CompletionResult } from './results.ts';

/** The id under which the attachment of a completion is stored, beside its answer. */
export function toAttachmentId(completionId: string): string {
  return `attachment:${completionId}`;
}

/** What is stored of the attachment of a completion that begins now; empty where it has none. */
export function toAttachmentResults(
  completionId: string,
  attachment: string | undefined,
  nowMs: number,
): readonly CompletionResult[] {
  if (attachment === undefined) return [];
  const expiresAt = new Date(nowMs + completionKeptMs);
  return [{ _id: toAttachmentId(completionId), content: attachment, expiresAt }];
}
