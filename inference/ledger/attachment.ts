import { completionKeptMs } from '#mongo/completions.ts';
import type { NewCompletionResult } from './results.ts';

const attachmentPrefix = 'attachment:';

/** The id under which the attachment of a completion is stored, beside its answer. */
export function toAttachmentId(completionId: string): string {
  return attachmentPrefix + completionId;
}

/** The id of the completion that a stored result is of, the answer or the attachment. */
export function toCompletionId(resultId: string): string {
  return resultId.startsWith(attachmentPrefix) ? resultId.slice(attachmentPrefix.length) : resultId;
}

/** What is stored of the attachment of a completion that begins now; empty where it has none. */
export function toAttachmentResults(
  completionId: string,
  tenantId: string,
  attachment: string | undefined,
  nowMs: number,
): readonly NewCompletionResult[] {
  if (attachment === undefined) return [];
  const expiresAt = new Date(nowMs + completionKeptMs);
  return [{ _id: toAttachmentId(completionId), tenantId, content: attachment, expiresAt }];
}
